import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_snapshot_age_seconds",
  help: "Age of the last reading of the bus; +Inf if there was none",
  labels: [],
  value: {
    kind: "gauge",
    samples: ({ refresh }) => oneSample(refresh.snapshotAgeSeconds),
  },
});
