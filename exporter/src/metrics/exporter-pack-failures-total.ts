import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_pack_failures_total",
  help: "Readings of packs that failed, by reason; state means that what was counted could not be kept",
  labels: ["reason"],
  value: {
    kind: "counter",
    samples: ({ packs }) =>
      Object.entries(packs?.failures ?? {}).map(([reason, value]) => ({ labels: [reason], value })),
  },
});
