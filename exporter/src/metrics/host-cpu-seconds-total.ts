import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_cpu_seconds_total",
  help: "Time that the processors of the exporter's machine have spent, by what on",
  kind: "counter",
  labels: ["mode"],
});
