import { VERDICTS } from "@rollcall/core/domain/verdict.ts";
import { countBy, fleetFamily } from "../family.ts";

/** An agent that is not expected is no expected agent; `rollcall_fleet_agents_unexpected` counts those. */
const JUDGED = VERDICTS.filter((verdict) => verdict !== "unexpected");

export default fleetFamily({
  name: "rollcall_fleet_agents_judged",
  help: "Expected agents by verdict",
  labels: ["fleet", "verdict"],
  value: {
    kind: "gauge",
    samples: ({ fleet, agents }) =>
      [
        ...countBy(
          JUDGED,
          agents.map(({ verdict }) => verdict),
        ),
      ].map(([verdict, value]) => ({ labels: [fleet, verdict], value })),
  },
});
