import { topicFamily } from "../row-family.ts";

export default topicFamily({
  name: "rollcall_bus_subscriptions_declared",
  help: "Expected agents that declare to read the topic",
  kind: "gauge",
  value: ({ subscriptions }) => subscriptions.length,
});
