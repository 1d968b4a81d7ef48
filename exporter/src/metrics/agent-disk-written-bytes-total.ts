import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_disk_written_bytes_total",
  help: "Bytes that the agent's process has written to disks in its present epoch; absent where the system does not tell",
  kind: "counter",
  detailed: true,
  value: ({ beat }) => beat?.figures?.disk?.writtenBytes ?? null,
});
