import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_collector_failures_total",
  help: "Collections that failed, by reason; all other collectors go on",
  labels: ["collector", "reason"],
  value: {
    kind: "counter",
    samples: ({ collected }) =>
      collected.collectors.flatMap(({ name, failures }) =>
        Object.entries(failures).map(([reason, value]) => ({ labels: [name, reason], value })),
      ),
  },
});
