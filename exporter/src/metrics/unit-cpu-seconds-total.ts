import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_unit_cpu_seconds_total",
  help: "CPU time of the unit; absent if it does not run, or is not counted, as by PM2",
  kind: "counter",
  labels: ["collector", "unit"],
});
