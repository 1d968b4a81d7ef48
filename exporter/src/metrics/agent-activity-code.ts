import { ACTIVITIES } from "@rollcall/core/protocol.ts";
import { agentFamily } from "../row-family.ts";

export default agentFamily({
  name: "rollcall_agent_activity_code",
  help: `What the agent says it does: ${ACTIVITIES.map((activity, code) => `${code} ${activity}`).join(", ")}; absent without a fresh heartbeat`,
  kind: "gauge",
  detailed: true,
  value: ({ beat }) => (beat === null ? null : ACTIVITIES.indexOf(beat.activity)),
});
