import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_host_part_present",
  help: "1 if the expected filesystem, disk or interface is there, else 0",
  kind: "gauge",
  labels: ["part", "name"],
});
