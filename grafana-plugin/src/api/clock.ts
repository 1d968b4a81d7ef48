/** How far the control service's clock is from this browser's, by the newest answer that named its time. */
let offsetMs = 0;

/** @param asOf the service's time in an answer that came just now, ms since the epoch */
export function learnTime(asOf: number): void {
  const offset = asOf - Date.now();
  // An answer is some time on its way; only a clock that is really wrong is corrected.
  offsetMs = Math.abs(offset) < 2000 ? 0 : offset;
}

/** Now by the control service's clock, ms since the epoch: ages are told by it. */
export const serviceNow = (): number => Date.now() + offsetMs;
