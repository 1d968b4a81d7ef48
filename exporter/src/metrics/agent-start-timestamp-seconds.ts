import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_start_timestamp_seconds",
  help: "When the agent's process started, Unix time by Redis' clock",
  kind: "gauge",
  detailed: true,
  value: ({ beat }) => (beat === null ? null : beat.startedAt / 1000),
});
