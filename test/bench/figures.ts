/** One line of a benchmark's table. */
export interface Figure {
  readonly what: string;
  /** What was found, with its unit: "p50 6.1 ms, p99 14 ms (200 times)". */
  readonly measured: string;
  /** Of design §8, in words; null if there is none. */
  readonly target: string | null;
  /** By how much the target is missed, and why; null if it is met. */
  readonly missed: string | null;
}

/** The value below which a share of the samples lie (nearest rank). @param share 0.5 for the median */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

/** "0.42 ms", "6.1 ms", "152 ms", "12.4 s" */
export function durationText(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

interface Timing {
  readonly what: string;
  /** Milliseconds. */
  readonly samples: readonly number[];
  /** Milliseconds; what is left out has no target. */
  readonly p50?: number;
  readonly p99?: number;
  /** Why a target may be missed on this machine. */
  readonly why: string;
}

/** The figure of something that was timed again and again. */
export function timing({ what, samples, p50, p99, why }: Timing): Figure {
  const found = { p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
  const limits = [
    { name: "p50", limit: p50, value: found.p50 },
    { name: "p99", limit: p99, value: found.p99 },
  ].flatMap(({ limit, ...rest }) => (limit === undefined ? [] : [{ ...rest, limit }]));
  const over = limits.filter(({ value, limit }) => value > limit);
  return {
    what,
    measured: `p50 ${durationText(found.p50)}, p99 ${durationText(found.p99)} (${samples.length} times)`,
    target: limits.length === 0 ? null : limits.map(({ name, limit }) => `${name} ≤ ${limit} ms`).join(", "),
    missed:
      over.length === 0
        ? null
        : `${over.map(({ name, value, limit }) => `${name} is ${(value / limit).toFixed(1)} times the target`).join(", ")}: ${why}`,
  };
}

interface Single {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  readonly why: string;
}

/** The figure of something that is measured once, with an upper bound. */
export const single = ({ what, value, limit, unit, why }: Single): Figure => ({
  what,
  measured: `${value.toFixed(1)} ${unit}`,
  target: `≤ ${limit} ${unit}`,
  missed: value <= limit ? null : `${(value / limit).toFixed(1)} times the target: ${why}`,
});

/** The figure of something that is measured once, with a lower bound. */
export const atLeast = ({ what, value, limit, unit, why }: Single): Figure => ({
  what,
  measured: `${value.toFixed(1)} ${unit}`,
  target: `≥ ${limit} ${unit}`,
  missed: value >= limit ? null : `${(value / limit).toFixed(2)} of the target: ${why}`,
});

/** A figure without a target. */
export const plain = (what: string, measured: string): Figure => ({ what, measured, target: null, missed: null });

/** Times something again and again, one after another. @returns milliseconds */
export async function repeat(times: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const begun = performance.now();
    await work(index);
    samples.push(performance.now() - begun);
  }
  return samples;
}
