import { subscriptionFamily } from "../row-family.ts";

export default subscriptionFamily({
  name: "rollcall_bus_group_oldest_pending_timestamp_seconds",
  help: "When the oldest event was published that is handed to the subscription and not acknowledged, Unix time; absent without one",
  kind: "gauge",
  value: ({ oldestPendingAt }) => (oldestPendingAt === null ? null : oldestPendingAt / 1000),
});
