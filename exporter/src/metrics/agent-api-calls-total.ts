import { detailedAgentFamily } from "../detailed-agent-family.ts";

export default detailedAgentFamily({
  name: "rollcall_agent_api_calls_total",
  help: "Calls of outside APIs by the agent in its present epoch, by what became of them",
  labels: ["api", "outcome"],
  kind: "counter",
  samples: ({ figures }) =>
    Object.entries(figures?.calls ?? {}).flatMap(([api, { done, failed }]) => [
      { labels: [api, "done"], value: done },
      { labels: [api, "failed"], value: failed },
    ]),
});
