import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_probe_duration_seconds",
  help: "How long the last answer took, connection included; absent if there was none",
  kind: "gauge",
  labels: ["probe"],
});
