import { fleetFamily } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_agents_desired",
  help: "Expected agents by what is wanted of them: running, stopped, paused",
  labels: ["fleet", "state"],
  value: {
    kind: "gauge",
    samples: ({ fleet, desired }) =>
      Object.entries(desired).map(([state, value]) => ({ labels: [fleet, state], value })),
  },
});
