import { subscriptionFamily } from "../row-family.ts";

export default subscriptionFamily({
  name: "rollcall_bus_group_lag",
  help: "Events that the subscription has not been handed yet; absent if Redis cannot tell",
  kind: "gauge",
  value: ({ lag }) => lag,
});
