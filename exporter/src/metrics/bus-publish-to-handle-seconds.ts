import { LATENCY_BUCKETS_SECONDS } from "@rollcall/core/protocol.ts";
import { fleetFamily } from "../family.ts";

// By topic only: a histogram per agent would be 18 more series for each.
export default fleetFamily({
  name: "rollcall_bus_publish_to_handle_seconds",
  help: "From publishing an event to the start of its handler, over all agents since the exporter began",
  labels: ["fleet", "topic"],
  value: {
    kind: "histogram",
    bounds: LATENCY_BUCKETS_SECONDS,
    samples: ({ fleet, topics }) =>
      topics.map(({ topic, latency }) => ({
        labels: [fleet, topic],
        counts: latency.latency,
        sum: latency.latencySumSeconds,
      })),
  },
});
