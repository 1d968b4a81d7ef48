import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_unit_start_timestamp_seconds",
  help: "When the unit's process started, Unix time; absent if none runs",
  kind: "gauge",
  labels: ["collector", "unit"],
});
