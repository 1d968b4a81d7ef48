import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_busy_seconds_total",
  help: "Time that the agent has spent in handlers and periodic work, in its present epoch",
  kind: "counter",
  detailed: true,
  value: ({ beat }) => beat?.figures?.busySeconds ?? null,
});
