import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_redeliveries_total",
  help: "Events that the agent has taken up after they had been handed out before, in its present epoch",
  kind: "counter",
  detailed: true,
  value: ({ beat }) => beat?.figures?.redeliveries ?? null,
});
