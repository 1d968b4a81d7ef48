import { timeToken } from "./domain/report.ts";
import { plain } from "./fleet-words.ts";
import type { Run } from "./ports/runs.ts";

/** What a run is at a moment: as it was told to end, still within its time, or unfinished with an outcome nobody knows. */
export type RunState = NonNullable<Run["outcome"]> | "running" | "unfinished";

/** @param now Redis time in ms */
export function runState({ outcome, startedAt, withinSeconds }: Run, now: number): RunState {
  if (outcome !== null) return outcome;
  return now - startedAt > withinSeconds * 1000 ? "unfinished" : "running";
}

const MARKS: Readonly<Record<RunState, string>> = {
  completed: "🟢",
  failed: "🔴",
  cancelled: "⏹",
  running: "⏳",
  unfinished: "❔",
};

/** "🟢 *run-17* content completed, 24 of 24, in 41 s" · "❔ *run-18* content unfinished since 02:41, outcome unknown, 7 of 24" */
export function runLine(run: Run, now: number): string {
  const state = runState(run, now);
  const steps = `step ${run.step} of ${run.steps}`;
  const begun = `${run.agent}, ${timeToken(run.startedAt)}`;
  return `${MARKS[state]} *${run.id}* ${run.name} ${stateWords(run, state)} · ${steps} · ${begun}`;
}

function stateWords({ endedAt, startedAt, heardAt, detail }: Run, state: RunState): string {
  if (state === "unfinished") return `unfinished, outcome unknown, last heard of ${timeToken(heardAt)}`;
  if (state === "running" || endedAt === null) return "running";
  const took = Math.max(0, Math.round((endedAt - startedAt) / 1000));
  return `${state} in ${took} s${detail === null ? "" : `: ${plain(detail, 120)}`}`;
}

/** Unfinished and failed ones first, then what runs. */
export const worstFirst = (runs: readonly Run[], now: number): Run[] =>
  runs.toSorted((a, b) => RANK[runState(a, now)] - RANK[runState(b, now)] || b.startedAt - a.startedAt);

const RANK: Readonly<Record<RunState, number>> = { unfinished: 0, failed: 1, running: 2, cancelled: 3, completed: 4 };

/** What of a run goes into the data of a report. */
export const runData = (run: Run, now: number) => ({ ...run, state: runState(run, now) });
