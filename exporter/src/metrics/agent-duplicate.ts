import { AGENT_LABELS, fleetFamily } from "../family.ts";

export default fleetFamily({
  name: "rollcall_agent_duplicate",
  help: "1 for five minutes after a process of the agent found that a newer one has its id; the labels name both. Else absent",
  labels: [...AGENT_LABELS, "older", "newer"],
  detailed: true,
  value: {
    kind: "gauge",
    samples: ({ duplicates }) =>
      duplicates.map(({ labels, older, newer }) => ({ labels: [...labels, older, newer], value: 1 })),
  },
});
