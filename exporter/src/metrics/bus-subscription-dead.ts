import { declaredFamily } from "../row-family.ts";

export default declaredFamily({
  name: "rollcall_bus_subscription_dead",
  help: "1 if entries wait for a declared subscription and nobody has taken any for 15 s; absent if not known",
  kind: "gauge",
  value: ({ dead }) => (dead === null ? null : Number(dead)),
});
