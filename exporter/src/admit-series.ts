import type { Family } from "./family.ts";
import { familyHead } from "./render.ts";
import type { WrittenFamily } from "./slot-writer.ts";

interface Written {
  readonly family: Family;
  readonly written: WrittenFamily;
}

interface Admitted {
  /** Texts in the order of the families; of one that does not fit, its head only. */
  readonly shown: readonly Buffer[];
  readonly series: number;
  readonly dropped: number;
}

/** What is worth most has its place first: figures of the whole fleet, then agents, topics, subscriptions, details. */
function rankOf({ rows }: Family): number {
  if (rows === undefined) return 0;
  return rows.detailed ? 5 : { agents: 1, topics: 2, subscriptions: 3, declared: 4 }[rows.of];
}

/**
 * The families that fit into a number of series. A scraper that refuses a page for its size would show nothing at all
 * (`sample_limit` in alerting/prometheus.yml), so whole families are left out before that; half of one would mislead.
 */
export function admit(all: readonly Written[], maxSeries: number): Admitted {
  const left = new Set<Written>();
  let series = 0;
  let dropped = 0;
  for (const one of all.toSorted((a, b) => rankOf(a.family) - rankOf(b.family))) {
    if (series + one.written.series <= maxSeries) series += one.written.series;
    else {
      left.add(one);
      dropped += one.written.series;
    }
  }
  return { shown: all.map((one) => (left.has(one) ? headOf(one.family) : one.written.text)), series, dropped };
}

const headOf = ({ name, help, value }: Family): Buffer => Buffer.from(`${familyHead(name, help, value.kind)}\n`);
