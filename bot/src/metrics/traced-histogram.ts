import { type Exemplar, exemplarText } from "@rollcall/core/adapters/prometheus/open-metrics.ts";
import { labelText, numberText } from "@rollcall/core/adapters/prometheus/text-format.ts";
import { requestContext } from "@rollcall/core/protocol/request-context.ts";
import { readTraceparent } from "@rollcall/core/protocol/traceparent.ts";
import { Histogram, type HistogramConfiguration, type Registry } from "prom-client";

interface Configuration extends HistogramConfiguration<string> {
  readonly buckets: number[];
}

/**
 * A histogram of times whose buckets keep the trace of what they counted last. prom-client keeps examples only for a registry
 * of OpenMetrics, which would take `_total` from the names of its counters for good.
 */
export class TracedHistogram extends Histogram {
  readonly #name: string;
  readonly #bounds: readonly number[];
  /** By the head of their bucket's line. */
  readonly #exemplars = new Map<string, Exemplar>();

  constructor(configuration: Configuration) {
    super(configuration);
    this.#name = configuration.name;
    this.#bounds = configuration.buckets;
  }

  /** @param traceparent the trace that it was part of: the one under way if not said, null for none */
  count(
    labels: Readonly<Record<string, string>>,
    seconds: number,
    traceparent: string | null | undefined = requestContext().traceparent,
  ): void {
    this.observe(labels, seconds);
    const trace = readTraceparent(traceparent);
    // An example leads to a trace; of one that is not kept there is nothing to see.
    if (!trace?.isSampled) return;
    const bound = this.#bounds.find((upper) => seconds <= upper) ?? Number.POSITIVE_INFINITY;
    const own = labelText(["le", ...Object.keys(labels)], [numberText(bound), ...Object.values(labels)]);
    const exemplar = { labels: { trace_id: trace.traceId }, value: seconds, at: Date.now() };
    this.#exemplars.set(`${this.#name}_bucket{${own}}`, exemplar);
  }

  exemplars(): ReadonlyMap<string, Exemplar> {
    return this.#exemplars;
  }
}

/** By the head of a bucket's line: what stands behind it in OpenMetrics. */
export function exemplarsOf(registry: Registry): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const metric of registry.getMetricsAsArray()) {
    if (!(metric instanceof TracedHistogram)) continue;
    for (const [head, exemplar] of metric.exemplars()) texts.set(head, exemplarText(exemplar));
  }
  return texts;
}
