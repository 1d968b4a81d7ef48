import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_clock_skew_seconds",
  help: "Clock of the agent's machine minus Redis' clock",
  kind: "gauge",
  detailed: true,
  value: ({ beat }) => (beat === null ? null : beat.clockSkewMs / 1000),
});
