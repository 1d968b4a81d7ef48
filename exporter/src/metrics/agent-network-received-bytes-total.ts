import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_network_received_bytes_total",
  help: "Bytes that the agent's process has received over its connections in its present epoch",
  kind: "counter",
  detailed: true,
  value: ({ beat }) => beat?.figures?.network?.receivedBytes ?? null,
});
