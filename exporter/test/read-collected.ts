import type { CollectedMetric, Collector, Measured } from "../src/collectors/collector.ts";

/** What a collector brings, by metric and label values: `rollcall_unit_running pm2 billing`. */
export async function collectOnce(collector: Collector): Promise<Record<string, number>> {
  return byName(await collector.collect(AbortSignal.timeout(collector.timeoutSeconds * 1000)));
}

/** The same of what was brought. */
function byName(measured: Measured): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [metric, samples] of Object.entries(measured)) {
    for (const { labels, value } of samples) found[[metric, ...labels].join(" ")] = value;
  }
  return found;
}

/** The values of one metric, by label values. */
export const valuesOf = (found: Readonly<Record<string, number>>, metric: CollectedMetric): Record<string, number> =>
  Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) =>
      name.startsWith(`${metric} `) ? [[name.slice(metric.length + 1), value]] : [],
    ),
  );
