/** A stretch of time, ms since the epoch; its end is no part of it. */
export interface Period {
  readonly from: number;
  readonly to: number;
}
