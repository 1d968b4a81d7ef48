import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_load",
  help: "Processes that run or wait on the exporter's machine, averaged over a minute",
  kind: "gauge",
  labels: [],
});
