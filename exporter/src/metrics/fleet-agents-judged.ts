import { VERDICTS } from "@rollcall/core/domain/verdict.ts";
import { countBy, fleetFamily } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_agents_judged",
  help: "Expected agents by verdict",
  labels: ["fleet", "verdict"],
  value: {
    kind: "gauge",
    samples: ({ fleet, agents }) =>
      [
        ...countBy(
          VERDICTS,
          agents.map(({ verdict }) => verdict),
        ),
      ].map(([verdict, value]) => ({ labels: [fleet, verdict], value })),
  },
});
