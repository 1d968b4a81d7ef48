import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_cpus",
  help: "Processors of the exporter's machine",
  kind: "gauge",
  labels: [],
});
