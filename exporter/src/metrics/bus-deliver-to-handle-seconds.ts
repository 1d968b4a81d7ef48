import { stageFamily } from "../stage-family.ts";

export default stageFamily({
  name: "rollcall_bus_deliver_to_handle_seconds",
  help: "From taking up an event to the start of its handler; over all agents since the exporter began, percentiles within 19 %",
  stage: "wait",
});
