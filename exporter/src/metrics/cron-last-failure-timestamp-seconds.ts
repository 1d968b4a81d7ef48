import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_cron_last_failure_timestamp_seconds",
  help: "When the job last said that it had failed, Unix time; absent if it never did",
  kind: "gauge",
  labels: ["job"],
});
