import { agentFamily } from "../row-family.ts";

/** An agent that speaks the protocol has no such series, and a foreign one has no counts of tasks: no agent has more than six. */
export default agentFamily({
  name: "rollcall_agent_provable_rung",
  help: "Highest rung a foreign agent can prove at all: 1 by its supervisor alone, 2 by a mapped heartbeat; absent if all are",
  kind: "gauge",
  value: ({ provable }) => (provable < 5 ? provable : null),
});
