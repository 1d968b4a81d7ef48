import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_disk_read_bytes_total",
  help: "Bytes read from the expected disk since the machine started",
  kind: "counter",
  labels: ["device"],
});
