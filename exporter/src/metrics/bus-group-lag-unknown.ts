import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_group_lag_unknown",
  help: "1 if Redis cannot tell the subscription's lag or the subscription does not exist yet, else 0",
  labels: ["fleet", "topic", "group"],
  value: {
    kind: "gauge",
    samples: ({ fleet, topics }) =>
      topics.flatMap(({ topic, subscriptions }) =>
        subscriptions.flatMap(({ group, lag }) => oneSample(lag === null ? 1 : 0, [fleet, topic, group])),
      ),
  },
});
