import { topicName } from "@rollcall/core/protocol.ts";
import { readYamlFile } from "@rollcall/core/yaml-file.ts";
import { z } from "zod";

/** Series that all packs together may have: they are written anew for each scrape, at 1 µs each. */
const MOST_SERIES = 5000;
const MOST_METRICS = 100;

const words = /^[a-z]+(_[a-z]+)*$/;
const field = z
  .string()
  .regex(/^[\w-]{1,64}(\.[\w-]{1,64}){0,4}$/, "names of fields with dots between, as in customer.country");
const labelName = z
  .string()
  .regex(words, "small letters and _")
  .refine((text) => !["fleet", "job", "instance", "le", "quantile"].includes(text), "another name: this one is taken");

const label = z.strictObject({
  field,
  values: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(100)
    .refine((all) => new Set(all).size === all.length, "each value once")
    .optional(),
  most: z.int().min(1).max(100).default(20),
});

const metric = z.strictObject({
  name: z
    .string()
    .regex(words, "small letters and _")
    .refine((text) => text.endsWith("_total"), "a name that ends in _total, because it only grows"),
  help: z.string().min(10).max(300),
  topic: topicName,
  add: z.strictObject({ field, times: z.number().positive().max(1e9).default(1) }).optional(),
  by: z
    .record(labelName, label)
    .refine((all) => Object.keys(all).length <= 4, "at most 4 labels")
    .default({}),
});

const packFile = z.strictObject({
  pack: z.string().regex(/^[a-z]{1,20}$/, "one word of small letters"),
  metrics: z.array(metric).min(1).max(MOST_METRICS),
});

/** One label of a metric: which field of an event it shows, and how many values of it at most. */
export interface PackLabel {
  readonly name: string;
  readonly path: readonly string[];
  /** All that are shown, the rest is "other"; null: those that come first. */
  readonly values: readonly string[] | null;
  readonly most: number;
}

/** One metric: events of a topic, or the sum of a number in them. */
export interface PackMetric {
  /** `rollcall_pack_<pack>_<name>` */
  readonly name: string;
  readonly help: string;
  readonly topic: string;
  /** What each event adds: the number in a field, times a factor; null: one. */
  readonly add: { readonly path: readonly string[]; readonly times: number } | null;
  readonly labels: readonly PackLabel[];
}

/** Reads packs of metrics. @throws Failure "invalid_input" that names every problem of a file with its line */
export async function readPackFiles(files: readonly string[]): Promise<PackMetric[]> {
  const metrics: PackMetric[] = [];
  for (const file of files) metrics.push(...(await readPackFile(file, metrics)));
  return metrics;
}

async function readPackFile(file: string, before: readonly PackMetric[]): Promise<PackMetric[]> {
  const { value, problem, refuse } = await readYamlFile(file, packFile);
  const names = new Set(before.map(({ name }) => name));
  let series = before.reduce((sum, one) => sum + mostSeries(one), 0);
  const problems: string[] = [];
  const metrics = value.metrics.map((one, index) => {
    const found = metricOf(value.pack, one);
    if (names.has(found.name)) problems.push(problem(["metrics", index, "name"], `${found.name} is there already`));
    names.add(found.name);
    series += mostSeries(found);
    if (series > MOST_SERIES)
      problems.push(
        problem(["metrics", index, "by"], `${series} series with this one, allowed for all packs: ${MOST_SERIES}`),
      );
    return found;
  });
  refuse(problems);
  return metrics;
}

const metricOf = (pack: string, { name, help, topic, add, by }: z.infer<typeof metric>): PackMetric => ({
  name: `rollcall_pack_${pack}_${name}`,
  help: help.replace(/\.$/, ""),
  topic,
  add: add === undefined ? null : { path: add.field.split("."), times: add.times },
  labels: Object.entries(by).map(([label, { field: path, values, most }]) => ({
    ...{ name: label, path: path.split("."), values: values ?? null, most: values?.length ?? most },
  })),
});

/** Beside the values of a label there are "other" and "none". */
const mostSeries = ({ labels }: PackMetric): number => labels.reduce((product, { most }) => product * (most + 2), 1);
