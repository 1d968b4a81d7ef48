import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_refresh_duration_seconds",
  help: "How long the last reading of the bus took, well or not",
  labels: [],
  value: {
    kind: "gauge",
    samples: ({ refresh }) => oneSample(refresh.lastDurationSeconds),
  },
});
