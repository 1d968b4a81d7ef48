import { subscriptionFamily } from "../row-family.ts";

export default subscriptionFamily({
  name: "rollcall_bus_group_oldest_pending_deliveries",
  help: "How often the oldest event in hand was handed out; absent without one",
  kind: "gauge",
  value: ({ oldestPendingDeliveries }) => oldestPendingDeliveries,
});
