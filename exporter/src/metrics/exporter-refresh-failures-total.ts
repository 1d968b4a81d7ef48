import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_refresh_failures_total",
  help: "Readings of the bus that failed, by reason",
  labels: ["reason"],
  value: {
    kind: "counter",
    samples: ({ refresh }) => Object.entries(refresh.failures).map(([reason, value]) => ({ labels: [reason], value })),
  },
});
