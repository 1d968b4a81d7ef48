import type { Operation, TargetProgress } from "./domain/operation.ts";

/** One check of a run. */
export interface CheckOutcome {
  readonly name: string;
  readonly state: "waiting" | "running" | "passed" | "failed" | "skipped";
  readonly evidence: readonly string[];
  /** What to type now. */
  readonly next: string | null;
  readonly seconds: number | null;
}

/** A run of a suite, read from the row of its operation. Times are ms since the epoch. */
export interface DiagnosticRun {
  readonly id: string;
  readonly suite: string;
  readonly by: string;
  readonly state: "running" | "passed" | "failed" | "cancelled" | "unknown";
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly total: number;
  readonly checks: readonly CheckOutcome[];
}

/** Name of the command that runs a suite. */
export const DIAGNOSTICS_COMMAND = "diag-run";

/** The run that an operation of `diag-run` is. */
export function toRun(operation: Operation): DiagnosticRun {
  const checks = operation.targets.map(toOutcome);
  const count = (state: CheckOutcome["state"]): number => checks.filter((check) => check.state === state).length;
  const { id, input, actor, createdAt, endedAt } = operation;
  const suite = String((input as { suite?: unknown } | null)?.suite ?? "unknown");
  const counts = { passed: count("passed"), failed: count("failed"), skipped: count("skipped"), total: checks.length };
  return { id, suite, by: actor.name, state: stateOf(operation, counts), createdAt, endedAt, ...counts, checks };
}

function stateOf(
  { state, ending, targets }: Operation,
  { failed }: Pick<DiagnosticRun, "failed">,
): DiagnosticRun["state"] {
  if (state !== "ended") return "running";
  if (ending === "cancelled" || targets.some((target) => target.ending === "cancelled")) return "cancelled";
  if (failed > 0) return "failed";
  // Refused or never finished: that nothing failed is no proof then.
  return ending === "done" ? "passed" : "unknown";
}

const STATES = { next: "waiting", now: "running", done: "passed", failed: "failed", skipped: "skipped" } as const;

function toOutcome({ agent, stages, memory }: TargetProgress): CheckOutcome {
  const stage = stages[0];
  const { startedAt = null, endedAt = null, state = "next", error = null } = stage ?? {};
  const evidence = typeof memory.evidence === "string" ? memory.evidence.split("\n") : error === null ? [] : [error];
  return {
    name: agent,
    state: STATES[state],
    evidence: evidence.filter((line) => line !== ""),
    next: typeof memory.next === "string" ? memory.next : null,
    seconds: startedAt === null || endedAt === null ? null : (endedAt - startedAt) / 1000,
  };
}

/** "11 passed, 1 failed, 2 skipped" */
export function countsOf({ passed, failed, skipped }: Pick<DiagnosticRun, "passed" | "failed" | "skipped">): string {
  const parts = [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`];
  return parts.filter(Boolean).join(", ");
}
