import { topicFamily } from "../row-family.ts";

export default topicFamily({
  name: "rollcall_bus_stream_entries",
  help: "Events that the topic's stream holds now",
  kind: "gauge",
  value: ({ entries }) => entries,
});
