import { topicFamily } from "../row-family.ts";

export default topicFamily({
  name: "rollcall_bus_events_total",
  help: "Events ever published on the topic, as Redis counts them",
  kind: "counter",
  value: ({ added }) => added,
});
