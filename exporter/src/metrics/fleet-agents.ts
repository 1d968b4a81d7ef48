import { HEALTHS } from "@rollcall/core/domain/verdict.ts";
import { countBy, fleetFamily } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_agents",
  help: "Expected agents by health",
  labels: ["fleet", "health"],
  value: {
    kind: "gauge",
    samples: ({ fleet, agents }) =>
      [
        ...countBy(
          HEALTHS,
          agents.map(({ health }) => health),
        ),
      ].map(([health, value]) => ({ labels: [fleet, health], value })),
  },
});
