/** One fact that a drill tries. */
export interface Outcome {
  /** What should be true: "1,000 operations". */
  readonly fact: string;
  /** What was found, with its unit. */
  readonly found: string;
  readonly passed: boolean;
}

/** A rehearsed attack or fault: one file in this folder each. */
export interface Drill {
  readonly name: string;
  readonly about: string;
  /** Whole numbers that may be given as `--name 4`. */
  readonly options?: readonly string[];
  /** The same drill with other numbers. */
  withOptions?(options: Readonly<Record<string, number>>): Drill;
  run(say: (sentence: string) => void): Promise<readonly Outcome[]>;
}

export const outcome = (fact: string, found: string | number, passed: boolean): Outcome => ({
  fact,
  found: typeof found === "number" ? found.toLocaleString("en-US") : found,
  passed,
});
