import { detailedAgentFamily, oneSample } from "../detailed-agent-family.ts";

export default detailedAgentFamily({
  name: "rollcall_agent_api_calls_remaining",
  help: "Calls that are left of the limit, as the API said last; absent if it did not",
  labels: ["api"],
  kind: "gauge",
  samples: ({ figures }) =>
    Object.entries(figures?.calls ?? {}).flatMap(([api, { remaining = null }]) => oneSample(remaining, [api])),
});
