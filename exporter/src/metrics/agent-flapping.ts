import { AGENT_LABELS, fleetFamily } from "../family.ts";

export default fleetFamily({
  name: "rollcall_agent_flapping",
  help: "1 from the third restart in ten minutes after the agent ended by itself, until it has stayed up for ten minutes. Else absent",
  labels: [...AGENT_LABELS],
  detailed: true,
  value: {
    kind: "gauge",
    samples: ({ agents }) => agents.flatMap(({ labels, flaps }) => (flaps ? [{ labels, value: 1 }] : [])),
  },
});
