import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_deliveries_total",
  help: "Events that the agent has taken up in its present epoch, those taken up again too",
  kind: "counter",
  detailed: true,
  value: ({ beat }) => beat?.figures?.deliveries ?? null,
});
