import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_memory_bytes",
  help: "Memory of the exporter's machine",
  kind: "gauge",
  labels: [],
});
