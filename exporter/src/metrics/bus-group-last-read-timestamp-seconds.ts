import { subscriptionFamily } from "../row-family.ts";

export default subscriptionFamily({
  name: "rollcall_bus_group_last_read_timestamp_seconds",
  help: "When the subscription asked for events last, Unix time by Redis' clock; of more than 250 groups they are read by turns",
  kind: "gauge",
  value: ({ readAt }) => (readAt === null ? null : readAt / 1000),
});
