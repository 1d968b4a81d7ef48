import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_cpu_seconds_total",
  help: "CPU time of the agent's process in its present epoch",
  kind: "counter",
  detailed: true,
  value: ({ beat }) => beat?.cpuSeconds ?? null,
});
