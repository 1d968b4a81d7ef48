import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_canary_wait_seconds",
  help: "How long the last canary waited for the agent's work loop; absent if it has handled none",
  kind: "gauge",
  detailed: true,
  value: ({ beat }) => (beat?.canary.tookMs == null ? null : beat.canary.tookMs / 1000),
});
