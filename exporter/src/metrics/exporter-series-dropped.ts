import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_series_dropped",
  help: "Series left out of the last prepared page: details of agents beyond the budget (detail), families beyond the limit (budget)",
  labels: ["reason"],
  value: {
    kind: "gauge",
    samples: ({ page }) => Object.entries(page.dropped).map(([reason, value]) => ({ labels: [reason], value })),
  },
});
