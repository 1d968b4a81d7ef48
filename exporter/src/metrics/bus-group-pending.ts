import { subscriptionFamily } from "../row-family.ts";

export default subscriptionFamily({
  name: "rollcall_bus_group_pending",
  help: "Events handed to the subscription and not acknowledged; absent if it does not exist yet",
  kind: "gauge",
  value: ({ pending }) => pending,
});
