import type { ChartPanel } from "./chart.ts";

/** What was measured of a fleet over a stretch of time; null is what was not, never 0. */
export interface PeriodFigures {
  /** How much of the time was measured, seconds; null: nothing. */
  readonly coveredSeconds: number | null;
  /** Of the agents that were wanted at work, the share that was, over the time: 0 to 1. */
  readonly working: number | null;
  /** Agents that were not always at work, the worst first, with their share; while off on purpose they do not count. */
  readonly lowest: readonly { readonly agent: string; readonly working: number }[];
  /** Events that agents handled well, and those that they failed. */
  readonly handled: number | null;
  readonly failed: number | null;
  /** Of 100 events 95 were taken up within this time, seconds. */
  readonly p95Seconds: number | null;
  /** Events put aside. */
  readonly deadLetters: number | null;
}

/** A stretch of time up to now, as long a one before it, and how it went. */
export interface MeasuredPeriod {
  readonly figures: PeriodFigures;
  readonly before: PeriodFigures;
  /** What is drawn: as much of the period as was measured. Both ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** Agents at work, and events; those of which nothing was measured are left out. */
  readonly panels: readonly ChartPanel[];
}
