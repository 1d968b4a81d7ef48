import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_in_flight",
  help: "Items that the agent has in hand",
  kind: "gauge",
  detailed: true,
  value: ({ beat }) => beat?.inFlight ?? null,
});
