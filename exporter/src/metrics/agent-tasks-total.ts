import { AGENT_LABELS, fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_agent_tasks_total",
  help: "Items the agent has handled well, over all its epochs since the exporter began",
  labels: AGENT_LABELS,
  value: {
    kind: "counter",
    samples: ({ agents }) => agents.flatMap((agent) => oneSample(agent.done, agent.labels)),
  },
});
