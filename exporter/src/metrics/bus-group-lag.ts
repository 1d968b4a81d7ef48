import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_group_lag",
  help: "Events that the subscription has not been handed yet; absent if Redis cannot tell",
  labels: ["fleet", "topic", "group"],
  value: {
    kind: "gauge",
    samples: ({ fleet, topics }) =>
      topics.flatMap(({ topic, subscriptions }) =>
        subscriptions.flatMap(({ group, lag }) => oneSample(lag, [fleet, topic, group])),
      ),
  },
});
