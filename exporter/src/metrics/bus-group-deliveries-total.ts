import { subscriptionFamily } from "../row-family.ts";

export default subscriptionFamily({
  name: "rollcall_bus_group_deliveries_total",
  help: "Events ever handed to the subscription, each counted once; absent if Redis cannot tell its lag",
  kind: "counter",
  value: ({ delivered }) => delivered,
});
