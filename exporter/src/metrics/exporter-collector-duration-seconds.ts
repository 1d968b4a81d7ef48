import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_collector_duration_seconds",
  help: "How long the collector's last collection took, failed or not",
  labels: ["collector"],
  value: {
    kind: "gauge",
    samples: ({ collected }) =>
      collected.collectors.flatMap(({ name, durationSeconds }) => oneSample(durationSeconds, [name])),
  },
});
