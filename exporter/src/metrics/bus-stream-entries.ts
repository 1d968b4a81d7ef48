import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_stream_entries",
  help: "Events that the topic's stream holds now",
  labels: ["fleet", "topic"],
  value: {
    kind: "gauge",
    samples: ({ fleet, topics }) => topics.flatMap((view) => oneSample(view.entries, [fleet, view.topic])),
  },
});
