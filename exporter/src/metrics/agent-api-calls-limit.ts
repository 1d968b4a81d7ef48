import { detailedAgentFamily, oneSample } from "../detailed-agent-family.ts";

export default detailedAgentFamily({
  name: "rollcall_agent_api_calls_limit",
  help: "Calls that the outside API allows the agent in its window, as the API said last; absent if it did not",
  labels: ["api"],
  kind: "gauge",
  samples: ({ figures }) =>
    Object.entries(figures?.calls ?? {}).flatMap(([api, { limit = null }]) => oneSample(limit, [api])),
});
