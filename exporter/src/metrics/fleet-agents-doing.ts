import { ACTIVITIES } from "@rollcall/core/protocol.ts";
import { countBy, fleetFamily } from "../family.ts";

export default fleetFamily({
  name: "rollcall_fleet_agents_doing",
  help: "Expected agents by what they say they do; unknown without a fresh heartbeat",
  labels: ["fleet", "activity"],
  value: {
    kind: "gauge",
    samples: ({ fleet, agents }) =>
      [
        ...countBy(
          [...ACTIVITIES, "unknown"],
          agents.map(({ activity }) => activity ?? "unknown"),
        ),
      ].map(([activity, value]) => ({ labels: [fleet, activity], value })),
  },
});
