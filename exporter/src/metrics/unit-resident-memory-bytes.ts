import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_unit_resident_memory_bytes",
  help: "Memory of the unit; absent if it does not run, or is not counted",
  kind: "gauge",
  labels: ["collector", "unit"],
});
