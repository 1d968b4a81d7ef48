import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_bus_channels",
  help: "Channels of Redis' publish and subscribe that anybody listens to",
  kind: "gauge",
  labels: ["fleet"],
});
