import { AGENT_LABELS, fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_agent_oldest_in_flight_timestamp_seconds",
  help: "When the agent took the oldest item it still holds, Unix time by Redis' clock; absent if it holds none",
  labels: AGENT_LABELS,
  value: {
    kind: "gauge",
    samples: ({ agents }) =>
      agents.flatMap((agent) =>
        oneSample(agent.oldestInFlightAt === null ? null : agent.oldestInFlightAt / 1000, agent.labels),
      ),
  },
});
