import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_rung",
  help: "Highest rung the agent has passed: 0 none, 1 process, 2 heartbeat, 3 echo, 4 canary, 5 in normal time; absent if not known",
  kind: "gauge",
  value: ({ rung }) => rung,
});
