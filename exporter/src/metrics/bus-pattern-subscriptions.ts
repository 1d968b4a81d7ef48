import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_bus_pattern_subscriptions",
  help: "Patterns by which connections listen to channels",
  kind: "gauge",
  labels: ["fleet"],
});
