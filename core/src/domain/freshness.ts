/** Seconds between two beats of an agent, before jitter (design section 4). */
export const HEARTBEAT_SECONDS = 5;
/** Three missed beats: the agent is gone (design section 1). */
export const HEARTBEAT_DEADLINE_SECONDS = 15;
/** Seconds between two canaries of the leader to each expected agent. */
export const CANARY_SECONDS = 15;
/** A canary that the work loop has not taken in this time proves that it does not consume. */
export const CANARY_PATIENCE_SECONDS = 20;
/** An inbox loop that has not come back from Redis in this time is deaf; it blocks for 2 s at a time. */
export const INBOX_DEADLINE_SECONDS = 10;
/** No canary round in this time: rung 4 can be neither proven nor refuted. */
export const CANARY_ROUND_DEADLINE_SECONDS = 45;
/** Wall clocks that agree this well are called right; what follows from them is told in seconds. */
export const CLOCK_SKEW_SECONDS = 2;

/**
 * Age of a moment.
 * @param at milliseconds since the epoch, or null if it never happened
 * @param now milliseconds since the epoch
 * @returns seconds, never negative (a moment in the future is clamped to now); Infinity if it never happened
 */
export function ageSeconds(at: number | null, now: number): number {
  return at === null ? Number.POSITIVE_INFINITY : Math.max(0, (now - at) / 1000);
}
