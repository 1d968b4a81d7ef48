import type { Registry } from "prom-client";
import { TracedHistogram } from "./traced-histogram.ts";

export interface BusMetrics {
  /** An agent answered a question. */
  answered(kind: "echo" | "canary", ms: number): void;
}

/** Ways through the bus to agents and back. */
export function createBusMetrics(registry: Registry): BusMetrics {
  const roundTrip = new TracedHistogram({
    name: "rollcall_bus_round_trip_seconds",
    help: "Time from a question of a roll call, restart or diagnosis to the agent's answer: echo by way of its inbox, canary by way of its work",
    labelNames: ["kind"],
    // 1 ms is the aim for an echo, 5 ms for its slowest hundredth; a canary waits behind the work in hand.
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  return { answered: (kind, ms) => roundTrip.count({ kind }, ms / 1000) };
}
