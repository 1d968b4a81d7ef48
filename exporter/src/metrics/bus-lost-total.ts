import { splitFamily } from "../row-family.ts";

export default splitFamily({
  name: "rollcall_bus_lost_total",
  help: "Events cut from the topic before the subscription had them (undelivered), or while it held them unacknowledged (in-hand)",
  of: "subscriptions",
  kind: "counter",
  label: "reason",
  values: {
    undelivered: ({ lost }) => lost?.undelivered ?? null,
    "in-hand": ({ lost }) => lost?.inHand ?? null,
  },
});
