import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_uptime_seconds",
  help: "How long the exporter has run",
  labels: [],
  value: {
    kind: "gauge",
    samples: ({ uptimeSeconds }) => oneSample(uptimeSeconds),
  },
});
