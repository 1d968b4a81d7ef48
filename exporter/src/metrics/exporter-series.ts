import { oneSample, selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_series",
  help: "Series of agents and bus that the last prepared page holds",
  labels: [],
  value: { kind: "gauge", samples: ({ page }) => oneSample(page.series) },
});
