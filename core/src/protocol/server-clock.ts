/** The time of a server that all go by, as far as it can be known from here. */
export interface ServerClock {
  /** The server's time in ms; this machine's own time until the server has been asked once. */
  now(): number;
  /** This machine's wall clock minus the server's time, ms; 0 until the server has been asked once. */
  skewMs(): number;
  /** Takes what the server named as its time, and when it was asked and answered on the monotonic clock. */
  learn(serverMs: number, askedAt: number, answeredAt: number): void;
}

interface Sample {
  readonly offset: number;
  readonly error: number;
}
const SAMPLES = 8;

/**
 * Estimates a server's time on the monotonic clock, so a wall clock that jumps does not move it.
 * The sample with the shortest way counts; one that contradicts it means that the server's own clock moved, and counts alone.
 */
export function createServerClock(
  monotonic: () => number = () => performance.now(),
  wall: () => number = Date.now,
): ServerClock {
  let samples: Sample[] = [];
  const best = () => samples.reduce<Sample | null>((a, b) => (a === null || b.error < a.error ? b : a), null);
  const now = () => {
    const sample = best();
    return sample === null ? wall() : Math.round(monotonic() + sample.offset);
  };
  return {
    now,
    skewMs: () => Math.round(wall() - now()),
    learn(serverMs, askedAt, answeredAt) {
      const error = (answeredAt - askedAt) / 2;
      const sample = { offset: serverMs - (askedAt + error), error };
      const known = best();
      const contradicts = known !== null && Math.abs(known.offset - sample.offset) > known.error + error + 20;
      samples = contradicts ? [sample] : [...samples, sample].slice(-SAMPLES);
    },
  };
}
