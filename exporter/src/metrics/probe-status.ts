import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_probe_status",
  help: "HTTP status of the last answer; absent if there was none",
  kind: "gauge",
  labels: ["probe"],
});
