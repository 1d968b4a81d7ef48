import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_alert_pushes_total",
  help: "Pushes of alerts on gone agents to an Alertmanager, by what became of them; absent if no Alertmanager is named",
  labels: ["outcome"],
  value: {
    kind: "counter",
    samples: ({ push }) => Object.entries(push?.pushes ?? {}).map(([outcome, value]) => ({ labels: [outcome], value })),
  },
});
