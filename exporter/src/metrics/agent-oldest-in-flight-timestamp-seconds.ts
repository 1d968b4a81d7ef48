import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_oldest_in_flight_timestamp_seconds",
  help: "When the agent took the oldest item it still holds, Unix time by Redis' clock; absent if it holds none",
  kind: "gauge",
  value: ({ oldestInFlightAt }) => (oldestInFlightAt === null ? null : oldestInFlightAt / 1000),
});
