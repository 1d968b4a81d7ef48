import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_event_loop_delay_seconds",
  help: "How late the agent's timers are, 99th percentile since its last heartbeat but one",
  kind: "gauge",
  detailed: true,
  value: ({ beat }) => beat?.eventLoopDelaySeconds ?? null,
});
