import { AGENT_LABELS, fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_agent_tasks_failed_total",
  help: "Items the agent has failed on, over all its epochs since the exporter began",
  labels: AGENT_LABELS,
  value: {
    kind: "counter",
    samples: ({ agents }) => agents.flatMap((agent) => oneSample(agent.failed, agent.labels)),
  },
});
