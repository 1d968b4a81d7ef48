import { fleetFamily, oneSample } from "../family.ts";

export default fleetFamily({
  name: "rollcall_bus_subscription_dead",
  help: "1 if entries wait for a declared subscription and nobody has taken any for 15 s; absent if not known",
  labels: ["fleet", "topic", "pattern", "group"],
  value: {
    kind: "gauge",
    samples: ({ fleet, declared }) =>
      declared.flatMap(({ topic, pattern, agent, dead }) =>
        oneSample(dead === null ? null : Number(dead), [fleet, topic, pattern, agent]),
      ),
  },
});
