/** The time; tests set it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** This host's wall clock minus that time, ms; not there where they are the same. */
  skewMs?(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
