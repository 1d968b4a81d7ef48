import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_alerts_pushed",
  help: "Agents of which Alertmanager is told at the moment that they are gone; absent if no Alertmanager is named",
  labels: [],
  value: {
    kind: "gauge",
    samples: ({ push }) => oneSample(push?.agents ?? null),
  },
});
