import { selfFamily } from "../family.ts";

export default selfFamily({
  name: "rollcall_exporter_collector_age_seconds",
  help: "Age of what the collector brought last; +Inf if nothing yet. Its series vanish after three collections without news",
  labels: ["collector"],
  value: {
    kind: "gauge",
    samples: ({ collected }) =>
      collected.collectors.map(({ name, ageSeconds }) => ({ labels: [name], value: ageSeconds })),
  },
});
