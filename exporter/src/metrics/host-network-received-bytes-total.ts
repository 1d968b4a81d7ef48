import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_network_received_bytes_total",
  help: "Bytes that the expected interface has received since it is there",
  kind: "counter",
  labels: ["device"],
});
