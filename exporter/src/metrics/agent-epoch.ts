import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_epoch",
  help: "Epoch of the agent's process; grows with each start",
  kind: "gauge",
  detailed: true,
  value: ({ beat }) => beat?.epoch ?? null,
});
