import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_tasks_total",
  help: "Items the agent has handled well, over all its epochs since the exporter began",
  kind: "counter",
  value: ({ done }) => done,
});
