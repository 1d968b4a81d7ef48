import { AGENT_LABELS, fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_agent_last_heartbeat_timestamp_seconds",
  help: "When the agent's last genuine heartbeat was made, Unix time by Redis' clock; absent if it never was",
  labels: AGENT_LABELS,
  value: {
    kind: "gauge",
    samples: ({ agents }) =>
      agents.flatMap((agent) => oneSample(agent.beatAt === null ? null : agent.beatAt / 1000, agent.labels)),
  },
});
