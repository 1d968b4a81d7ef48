import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_probe_up",
  help: "1 if the address answered in time with a status that is expected, else 0",
  kind: "gauge",
  labels: ["probe"],
});
