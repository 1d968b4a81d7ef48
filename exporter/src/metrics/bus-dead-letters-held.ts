import { topicFamily } from "../row-family.ts";

export default topicFamily({
  name: "rollcall_bus_dead_letters_held",
  help: "Events of the topic that were put aside and are still kept",
  kind: "gauge",
  value: ({ deadLettersHeld }) => deadLettersHeld,
});
