import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_filesystem_bytes",
  help: "Size of the expected filesystem; absent if it is not there",
  kind: "gauge",
  labels: ["mount"],
});
