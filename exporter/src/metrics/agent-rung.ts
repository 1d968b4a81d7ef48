import { AGENT_LABELS, fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_agent_rung",
  help: "Highest rung the agent has passed: 0 none, 1 process, 2 heartbeat, 3 echo, 4 canary, 5 in normal time; absent if not known",
  labels: AGENT_LABELS,
  value: {
    kind: "gauge",
    samples: ({ agents }) => agents.flatMap((agent) => oneSample(agent.rung, agent.labels)),
  },
});
