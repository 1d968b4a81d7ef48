import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_last_heartbeat_timestamp_seconds",
  help: "When the agent's last genuine heartbeat was made, Unix time by Redis' clock; absent if it never was",
  kind: "gauge",
  value: ({ beatAt }) => (beatAt === null ? null : beatAt / 1000),
});
