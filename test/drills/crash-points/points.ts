import { type CallCounts, type CrashPoint, OUTPUT_CALLS } from "./tracer.ts";

/** Numbers in [0, 1) that are the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // Mulberry32 (public domain, Tommy Ettinger).
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them, each as likely. */
export const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)] as T;

/**
 * Points spread evenly over all calls that were counted, in random order; endless.
 * @param together how many make one even spread
 */
export function* spread(counts: CallCounts, together: number, random: () => number): Generator<CrashPoint, never> {
  const all = OUTPUT_CALLS.flatMap((call) =>
    Array.from({ length: counts[call] }, (_, index) => ({ call, at: index + 1 })),
  );
  if (all.length === 0) throw new Error("a process without any output has no crash points");
  for (;;) {
    const step = all.length / together;
    const from = random() * step;
    const spreadOut = Array.from({ length: together }, (_, index) => all[Math.floor(from + index * step) % all.length]);
    yield* shuffled(spreadOut as CrashPoint[], random);
  }
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const rest = [...list];
  for (let last = rest.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [rest[last], rest[other]] = [rest[other] as T, rest[last] as T];
  }
  return rest;
}
