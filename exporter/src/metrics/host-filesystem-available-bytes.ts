import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_filesystem_available_bytes",
  help: "Room that is left on the expected filesystem for programs without special rights",
  kind: "gauge",
  labels: ["mount"],
});
