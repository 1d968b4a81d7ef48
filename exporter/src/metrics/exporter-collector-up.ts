import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_collector_up",
  help: "1 if the collector's last collection brought something, 0 if it failed; absent before the first has ended",
  labels: ["collector"],
  value: {
    kind: "gauge",
    samples: ({ collected }) =>
      collected.collectors.flatMap(({ name, isUp }) => oneSample(isUp === null ? null : Number(isUp), [name])),
  },
});
