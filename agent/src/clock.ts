/** The clock of the bus: Redis time, as far as it can be known from here. */
export interface BusClock {
  /** Redis time in ms; this machine's own time until Redis has been asked once. */
  now(): number;
  /** This machine's wall clock minus Redis time, ms. */
  skewMs(): number;
  /** Takes what Redis answered to TIME, and when it was asked and answered on the monotonic clock. */
  learn(redisMs: number, askedAt: number, answeredAt: number): void;
}

interface Sample {
  readonly offset: number;
  readonly error: number;
}
const SAMPLES = 8;

/**
 * Estimates Redis time on the monotonic clock, so a wall clock that jumps does not move it.
 * The sample with the shortest way counts; one that contradicts it means that Redis' own clock moved, and counts alone.
 */
export function createClock(
  monotonic: () => number = () => performance.now(),
  wall: () => number = Date.now,
): BusClock {
  let samples: Sample[] = [];
  const best = () => samples.reduce<Sample | null>((a, b) => (a === null || b.error < a.error ? b : a), null);
  const now = () => {
    const sample = best();
    return sample === null ? wall() : Math.round(monotonic() + sample.offset);
  };
  return {
    now,
    skewMs: () => Math.round(wall() - now()),
    learn(redisMs, askedAt, answeredAt) {
      const error = (answeredAt - askedAt) / 2;
      const sample = { offset: redisMs - (askedAt + error), error };
      const known = best();
      const contradicts = known !== null && Math.abs(known.offset - sample.offset) > known.error + error + 20;
      samples = contradicts ? [sample] : [...samples, sample].slice(-SAMPLES);
    },
  };
}

/** Milliseconds of Redis' answer to TIME. */
export const parseTime = (answer: unknown): number => {
  const [seconds, micros] = answer as [string | number, string | number];
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
};
