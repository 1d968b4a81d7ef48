import { LATENCY_BUCKETS_SECONDS } from "@rollcall/core/protocol.ts";
import { topicHistogram } from "../row-family.ts";

// By topic only: a histogram per agent would be 18 more series for each.
export default topicHistogram({
  name: "rollcall_bus_publish_to_handle_seconds",
  help: "From publishing an event to the start of its handler, over all agents since the exporter began",
  bounds: LATENCY_BUCKETS_SECONDS,
  value: ({ latency }) => ({ counts: latency.latency, sum: latency.latencySumSeconds }),
});
