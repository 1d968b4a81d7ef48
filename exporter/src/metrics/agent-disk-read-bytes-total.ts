import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_disk_read_bytes_total",
  help: "Bytes that the agent's process has read from disks in its present epoch; absent where the system does not tell",
  kind: "counter",
  detailed: true,
  value: ({ beat }) => beat?.figures?.disk?.readBytes ?? null,
});
