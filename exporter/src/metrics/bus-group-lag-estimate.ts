import { subscriptionFamily } from "../row-family.ts";

export default subscriptionFamily({
  name: "rollcall_bus_group_lag_estimate",
  help: "About how many events wait for the subscription, by the times of their ids; only where Redis cannot tell the lag",
  kind: "gauge",
  value: ({ lagEstimate }) => lagEstimate,
});
