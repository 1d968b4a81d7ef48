import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_unit_running",
  help: "1 if the expected unit runs, 0 if it does not or is not known there",
  kind: "gauge",
  labels: ["collector", "unit"],
});
