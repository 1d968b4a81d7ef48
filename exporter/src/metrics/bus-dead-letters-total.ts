import { topicFamily } from "../row-family.ts";

export default topicFamily({
  name: "rollcall_bus_dead_letters_total",
  help: "Events of the topic ever put aside because they could not be handled",
  kind: "counter",
  value: ({ deadLetters }) => deadLetters,
});
