import { readdirSync } from "node:fs";
import { join } from "node:path";
import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import type { ExporterState, Family, HistogramSample } from "./family.ts";

const FOLDER = join(import.meta.dirname, "metrics");

/** Name that the family in a file must have: `agent-rung.ts` holds `rollcall_agent_rung`. */
export const nameForFile = (file: string): string => `rollcall_${file.replace(/\.ts$/, "").replaceAll("-", "_")}`;

/** Files of the folder that is the list of all families. */
export const familyFiles = (): string[] =>
  readdirSync(FOLDER).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));

/** All families. @throws Error if a file exports none, or one with another name */
export async function loadFamilies(): Promise<Family[]> {
  const load = async (file: string): Promise<Family> => {
    const { default: family } = (await import(join(FOLDER, file))) as { default?: Family };
    if (family?.name !== nameForFile(file)) throw new Error(`${file} must export the family ${nameForFile(file)}`);
    return family;
  };
  return Promise.all(familyFiles().map(load));
}

/** A registry that asks for the state once per family and scrape, and adds the process's own metrics. */
export function registryOf(families: readonly Family[], state: () => ExporterState): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: "rollcall_exporter_" });
  for (const family of families) {
    const get = () => ({
      name: family.name,
      help: family.help,
      type: family.value.kind,
      aggregator: "sum",
      values: valuesOf(family, state()),
    });
    // prom-client's own classes count by themselves; ours only show what was counted elsewhere.
    register.registerMetric({ name: family.name, get, reset: () => undefined } as unknown as Metric);
  }
  return register;
}

interface Value {
  readonly metricName?: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

function valuesOf({ name, labels, value }: Family, state: ExporterState): Value[] {
  const named = (values: readonly string[]) => Object.fromEntries(labels.map((label, i) => [label, values[i] ?? ""]));
  if (value.kind !== "histogram") {
    return value.samples(state).map((sample) => ({ labels: named(sample.labels), value: sample.value }));
  }
  return value.samples(state).flatMap((sample) => {
    const own = named(sample.labels);
    return [
      ...bucketsOf(sample, value.bounds).map(({ le, count }) => ({
        metricName: `${name}_bucket`,
        labels: { le, ...own },
        value: count,
      })),
      { metricName: `${name}_sum`, labels: own, value: sample.sum },
      { metricName: `${name}_count`, labels: own, value: sample.counts.reduce((sum, count) => sum + count, 0) },
    ];
  });
}

function bucketsOf({ counts }: HistogramSample, bounds: readonly number[]) {
  let count = 0;
  return [...bounds, "+Inf"].map((le, index) => {
    count += counts[index] ?? 0;
    return { le, count };
  });
}
