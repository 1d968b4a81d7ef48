import { stageFamily } from "../stage-family.ts";

export default stageFamily({
  name: "rollcall_bus_publish_to_deliver_seconds",
  help: "From publishing an event to its being taken up by an agent; over all agents since the exporter began, percentiles within 19 %",
  stage: "deliver",
});
