import { stageFamily } from "../stage-family.ts";

export default stageFamily({
  name: "rollcall_bus_handle_to_done_seconds",
  help: "From the start of the handler of an event to its end, if it went well; over all agents since the exporter began, percentiles within 19 %",
  stage: "handle",
});
