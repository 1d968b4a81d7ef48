import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_unit_present",
  help: "1 if PM2, systemd or Docker knows the expected unit, else 0",
  kind: "gauge",
  labels: ["collector", "unit"],
});
