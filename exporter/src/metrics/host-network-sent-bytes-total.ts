import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_network_sent_bytes_total",
  help: "Bytes that the expected interface has sent since it is there",
  kind: "counter",
  labels: ["device"],
});
