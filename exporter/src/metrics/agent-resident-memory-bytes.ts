import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_resident_memory_bytes",
  help: "Resident memory of the agent's process",
  kind: "gauge",
  detailed: true,
  value: ({ beat }) => beat?.rssBytes ?? null,
});
