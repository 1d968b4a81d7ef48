import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_cron_last_success_timestamp_seconds",
  help: "When the job last said that it had succeeded, Unix time; absent if it never did",
  kind: "gauge",
  labels: ["job"],
});
