import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_disk_written_bytes_total",
  help: "Bytes written to the expected disk since the machine started",
  kind: "counter",
  labels: ["device"],
});
