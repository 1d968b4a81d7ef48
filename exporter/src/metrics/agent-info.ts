import { detailedAgentFamily } from "../detailed-agent-family.ts";

export default detailedAgentFamily({
  name: "rollcall_agent_info",
  help: "Always 1; its labels say which version of the agent runs where, and who supervises it",
  labels: ["version", "host", "runtime"],
  kind: "gauge",
  samples: ({ version, host, runtime }) => [{ labels: [version, host, runtime.kind], value: 1 }],
});
