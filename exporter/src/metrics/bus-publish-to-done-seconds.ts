import { stageFamily } from "../stage-family.ts";

export default stageFamily({
  name: "rollcall_bus_publish_to_done_seconds",
  help: "From publishing an event to the end of its handler, if it went well; over all agents since the exporter began, percentiles within 19 %",
  stage: "total",
});
