import { topicFamily } from "../row-family.ts";

export default topicFamily({
  name: "rollcall_bus_subscriptions",
  help: "Expected agents that declare to read the topic and have begun to; absent if the topic cannot be read",
  kind: "gauge",
  value: ({ added, subscriptions }) =>
    added === null ? null : subscriptions.filter(({ pending }) => pending !== null).length,
});
