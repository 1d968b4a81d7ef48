import type { Sample } from "../family.ts";
import type { PackLabel, PackMetric } from "./pack-file.ts";

/** What a label shows of an event without the field, or with something in it that is no word. */
const NONE = "none";
/** What it shows of values beyond those that may have a series. */
const OTHER = "other";
const LONGEST_VALUE = 64;

/** What one metric has counted, as it is kept over a restart. */
export interface KeptCounter {
  readonly name: string;
  /** What it counts: after a change of that it begins anew. */
  readonly shape: string;
  readonly rows: readonly (readonly [values: readonly string[], total: number])[];
  readonly bounded: number;
  readonly unusable: number;
}

/** Counts events, or adds up a number in them, by the values of some fields; however many values there are, series are few. */
export class PackCounter {
  readonly metric: PackMetric;
  readonly #rows = new Map<string, { readonly values: readonly string[]; total: number }>();
  /** By label: the values that have series. */
  readonly #values: readonly Set<string>[];
  #bounded = 0;
  #unusable = 0;

  /** @param kept of an earlier process; left out if it counted something else */
  constructor(metric: PackMetric, kept?: KeptCounter) {
    this.metric = metric;
    this.#values = metric.labels.map(({ values }) => new Set(values));
    for (const values of combinations(metric.labels)) this.#row(values);
    if (kept !== undefined && kept.shape === shapeOf(metric)) this.#restore(kept);
  }

  /** Events of which a value was shown as "other". */
  get bounded(): number {
    return this.#bounded;
  }

  /** Events that added nothing, because the field holds no number of 0 or more. */
  get unusable(): number {
    return this.#unusable;
  }

  count(data: unknown): void {
    const { add, labels } = this.metric;
    const amount = add === null ? 1 : amountOf(fieldOf(data, add.path));
    if (amount === null) {
      this.#unusable += 1;
      return;
    }
    const values = labels.map((label, index) => this.#valueOf(label, index, data));
    if (values.includes(OTHER)) this.#bounded += 1;
    this.#row(values).total += amount;
  }

  samples(fleet: string): Sample[] {
    const times = this.metric.add?.times ?? 1;
    return [...this.#rows.values()].map(({ values, total }) => ({ labels: [fleet, ...values], value: total * times }));
  }

  keep(): KeptCounter {
    return {
      name: this.metric.name,
      shape: shapeOf(this.metric),
      rows: [...this.#rows.values()].map(({ values, total }) => [values, total]),
      bounded: this.#bounded,
      unusable: this.#unusable,
    };
  }

  #restore({ rows, bounded, unusable }: KeptCounter): void {
    for (const [values, total] of rows) {
      this.#row(values).total = total;
      for (const [index, value] of values.entries())
        if (value !== OTHER && value !== NONE) this.#values[index]?.add(value);
    }
    this.#bounded = bounded;
    this.#unusable = unusable;
  }

  #valueOf({ path, values, most }: PackLabel, index: number, data: unknown): string {
    const text = wordOf(fieldOf(data, path));
    if (text === null) return NONE;
    const known = this.#values[index] as Set<string>;
    if (known.has(text)) return text;
    if (values !== null || known.size >= most || text.length > LONGEST_VALUE) return OTHER;
    known.add(text);
    return text;
  }

  #row(values: readonly string[]) {
    const key = JSON.stringify(values);
    const row = this.#rows.get(key) ?? { values, total: 0 };
    this.#rows.set(key, row);
    return row;
  }
}

const shapeOf = ({ topic, add, labels }: PackMetric): string => JSON.stringify([topic, add, labels]);

/** Every series that is known beforehand, so that each begins at 0; none if a label's values are not known. */
function combinations(labels: readonly PackLabel[]): string[][] {
  let found: string[][] = [[]];
  for (const { values } of labels) found = found.flatMap((before) => (values ?? []).map((value) => [...before, value]));
  return found;
}

/** The value at a path of plain fields; undefined if there is none. */
function fieldOf(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function wordOf(value: unknown): string | null {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : null;
}

/** More than this added at once would take the digits of what is there already. */
const MOST_ADDED = 1e12;

const amountOf = (value: unknown): number | null =>
  typeof value === "number" && value >= 0 && value <= MOST_ADDED ? value : null;
