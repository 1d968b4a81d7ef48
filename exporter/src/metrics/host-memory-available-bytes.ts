import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_memory_available_bytes",
  help: "Memory that programs could have without swapping, as the kernel estimates it",
  kind: "gauge",
  labels: [],
});
