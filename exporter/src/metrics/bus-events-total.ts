import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_events_total",
  help: "Events ever published on the topic, as Redis counts them",
  labels: ["fleet", "topic"],
  value: {
    kind: "counter",
    samples: ({ fleet, topics }) => topics.flatMap((view) => oneSample(view.added, [fleet, view.topic])),
  },
});
