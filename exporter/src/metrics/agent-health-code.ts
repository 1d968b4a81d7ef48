import type { Health } from "@rollcall/core/domain/verdict.ts";
import { agentFamily } from "../row-family.ts";

const CODES: Readonly<Record<Health, number>> = { unknown: 0, healthy: 1, degraded: 2, critical: 3, off: 4 };

export default agentFamily({
  name: "rollcall_agent_health_code",
  help: `Health of the agent as the exporter judges it: ${Object.entries(CODES)
    .map(([health, code]) => `${code} ${health === "off" ? "off on purpose" : health}`)
    .join(", ")}`,
  kind: "gauge",
  value: ({ health }) => CODES[health],
});
