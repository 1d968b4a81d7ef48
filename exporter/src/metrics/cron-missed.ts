import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_cron_missed",
  help: "1 if the job has not succeeded since it was due and its grace is over, else 0",
  kind: "gauge",
  labels: ["job"],
});
