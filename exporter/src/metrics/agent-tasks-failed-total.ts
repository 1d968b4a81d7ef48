import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_tasks_failed_total",
  help: "Items the agent has failed on, over all its epochs since the exporter began",
  kind: "counter",
  value: ({ failed }) => failed,
});
