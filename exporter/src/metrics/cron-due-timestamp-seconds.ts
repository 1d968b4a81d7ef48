import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_cron_due_timestamp_seconds",
  help: "Newest due time of the job whose grace is over, Unix time; absent if there was none in a month",
  kind: "gauge",
  labels: ["job"],
});
