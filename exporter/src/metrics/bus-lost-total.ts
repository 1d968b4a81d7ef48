import { fleetFamily } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_lost_total",
  help: "Events cut from the topic before the subscription had them (undelivered), or while it held them unacknowledged (in-hand)",
  labels: ["fleet", "topic", "group", "reason"],
  value: {
    kind: "counter",
    samples: ({ fleet, topics }) =>
      topics.flatMap(({ topic, subscriptions }) =>
        subscriptions.flatMap(({ group, lost }) =>
          lost === null
            ? []
            : [
                { labels: [fleet, topic, group, "undelivered"], value: lost.undelivered },
                { labels: [fleet, topic, group, "in-hand"], value: lost.inHand },
              ],
        ),
      ),
  },
});
