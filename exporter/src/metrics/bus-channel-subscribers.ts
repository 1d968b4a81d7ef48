import { collectedFamily } from "../collected-family.ts";

export default collectedFamily({
  name: "rollcall_bus_channel_subscribers",
  help: "Connections that listen to the expected channel; those that listen by a pattern are not among them",
  kind: "gauge",
  labels: ["fleet", "channel"],
});
