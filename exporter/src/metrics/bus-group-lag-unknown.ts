import { subscriptionFamily } from "../row-family.ts";

export default subscriptionFamily({
  name: "rollcall_bus_group_lag_unknown",
  help: "1 if Redis cannot tell the subscription's lag or the subscription does not exist yet, else 0",
  kind: "gauge",
  value: ({ lag }) => (lag === null ? 1 : 0),
});
