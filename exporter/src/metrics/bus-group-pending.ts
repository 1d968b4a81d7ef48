import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_group_pending",
  help: "Events handed to the subscription and not acknowledged; absent if it does not exist yet",
  labels: ["fleet", "topic", "group"],
  value: {
    kind: "gauge",
    samples: ({ fleet, topics }) =>
      topics.flatMap(({ topic, subscriptions }) =>
        subscriptions.flatMap(({ group, pending }) => oneSample(pending, [fleet, topic, group])),
      ),
  },
});
