import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_dead_letters_total",
  help: "Events of the topic ever put aside because they could not be handled",
  labels: ["fleet", "topic"],
  value: {
    kind: "counter",
    samples: ({ fleet, topics }) => topics.flatMap((view) => oneSample(view.deadLetters, [fleet, view.topic])),
  },
});
