import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_family_failures_total",
  help: "How often a family of agents or bus could not be written; its series are absent then, and all others there",
  labels: ["family"],
  value: {
    kind: "counter",
    samples: ({ page }) => [...page.failures].map(([family, value]) => ({ labels: [family], value })),
  },
});
