import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_unit_restarts_total",
  help: "How often the unit was started again by what keeps it, as that counts",
  kind: "counter",
  labels: ["collector", "unit"],
});
