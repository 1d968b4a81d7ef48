/** What the values of a panel are; decides how they are written. `rung` is 0 to 5 and drawn in steps. */
export type ChartUnit = "bytes" | "count" | "per second" | "ratio" | "rung" | "seconds";

/** One line; a moment that was not measured is null and stays a gap. */
export interface ChartLine {
  readonly name: string;
  /** Moment in ms and value, in the order of time. */
  readonly points: readonly (readonly [at: number, value: number | null])[];
}

/** Lines of one unit over the time of their chart. */
export interface ChartPanel {
  readonly title: string;
  readonly unit: ChartUnit;
  readonly lines: readonly ChartLine[];
  /** Values that mean something, each with the words for it: 2, "gone below". */
  readonly thresholds: readonly { readonly value: number; readonly words: string }[];
}

/** A picture of how something went: panels above each other, one axis of time. */
export interface Chart {
  readonly title: string;
  /** Both in ms. */
  readonly from: number;
  readonly to: number;
  /** Moments that mean something: when the alert began. */
  readonly marks: readonly { readonly at: number; readonly words: string }[];
  readonly panels: readonly ChartPanel[];
}
