import { detailedAgentFamily, oneSample } from "../detailed-agent-family.ts";

export default detailedAgentFamily({
  name: "rollcall_agent_api_window_end_timestamp_seconds",
  help: "When the API's window ends and the limit begins anew, Unix time; absent if the API did not say",
  labels: ["api"],
  kind: "gauge",
  samples: ({ figures }) =>
    Object.entries(figures?.calls ?? {}).flatMap(([api, { resetsAt }]) =>
      oneSample(resetsAt === undefined ? null : resetsAt / 1000, [api]),
    ),
});
