/** Why a reading of the bus failed; the values of the label `reason`. */
export const READ_PROBLEMS = ["unreachable", "timeout", "refused", "no-fleet", "bad-fleet", "bug"] as const;
export type ReadProblemReason = (typeof READ_PROBLEMS)[number];

/** What each reason means, for people. */
export const PROBLEM_TEXTS: Readonly<Record<ReadProblemReason, string>> = {
  unreachable: "Redis cannot be reached",
  timeout: "Redis does not answer in time",
  refused: "Redis refuses the exporter's user or a command of it",
  "no-fleet": "the control service has not published the expected fleet yet",
  "bad-fleet": "the expected fleet on the bus is not valid, or is another fleet's",
  bug: "a reading could not be understood",
};

/** A reading that failed for a known reason. */
export class ReadProblem extends Error {
  readonly reason: ReadProblemReason;
  constructor(reason: ReadProblemReason, cause?: unknown) {
    super(PROBLEM_TEXTS[reason], { cause });
    this.name = "ReadProblem";
    this.reason = reason;
  }
}

/** Why Redis failed, from what its client throws. */
export function reasonOf(error: unknown): ReadProblemReason {
  if (error instanceof ReadProblem) return error.reason;
  if (!(error instanceof Error)) return "bug";
  if (error.name === "ReplyError")
    return /^(LOADING|MASTERDOWN|BUSY|TRYAGAIN|MOVED|ASK|CLUSTERDOWN)/.test(error.message) ? "unreachable" : "refused";
  if (/timed out/i.test(error.message)) return "timeout";
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return "bug";
  return "unreachable";
}
