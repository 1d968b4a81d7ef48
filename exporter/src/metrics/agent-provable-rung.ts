import { AGENT_LABELS, fleetFamily } from "../family.ts";

/** An agent that speaks the protocol has no such series, and a foreign one has no counts of tasks: no agent has more than six. */
export default fleetFamily({
  name: "rollcall_agent_provable_rung",
  help: "Highest rung a foreign agent can prove at all: 1 by its supervisor alone, 2 by a mapped heartbeat; absent if all are",
  labels: AGENT_LABELS,
  value: {
    kind: "gauge",
    samples: ({ agents }) =>
      agents.filter(({ provable }) => provable < 5).map(({ labels, provable }) => ({ labels, value: provable })),
  },
});
