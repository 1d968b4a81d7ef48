import {
  isBegun,
  isEnded,
  type Operation,
  type Stage,
  type StageState,
  stageSeconds,
  type TargetProgress,
} from "@rollcall/core/domain/operation.ts";
import { bulkWords, progressOf, secondsLeft } from "@rollcall/core/domain/progress.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import { joined } from "./blocks.ts";
import { endedWell } from "./operation-words.ts";
import { duration, foreign } from "./text.ts";

const CELLS = 5;
/** Lines of targets in one message; the rest is counted. */
const TARGETS_SHOWN = 4;
/** Characters of what is said beside a mark, so that a card stays within its own limit. */
const ASIDE = 60;

/** "sent ✓ 0.1 s · stopped – was gone · started ▸ · working ○ · alert clear ○" */
const stageLine = (target: TargetProgress): string =>
  joined(target.stages.slice(0, 8).map((stage) => stageWords(stage, ASIDE)));

/** @param room characters for what is said beside the mark */
function stageWords(stage: Stage, room: number): string {
  const seconds = stageSeconds(stage);
  const took = seconds === null ? "" : ` ${duration(seconds)}`;
  return `${foreign(stage.name, 30)} ${MARKS[stage.state]}${ASIDES[stage.state](stage, { took, room })}`;
}

const MARKS: Readonly<Record<StageState, string>> = { next: "○", now: "▸", done: "✓", failed: "✗", skipped: "–" };

type Aside = (stage: Stage, known: { took: string; room: number }) => string;

const beside: Aside = ({ detail }, { room }) => (detail === null || room === 0 ? "" : ` ${foreign(detail, room)}`);

const ASIDES: Readonly<Record<StageState, Aside>> = {
  next: () => "",
  now: beside,
  skipped: beside,
  done: ({ detail }, { took, room }) => (detail === null || room === 0 ? took : `${took}, ${foreign(detail, room)}`),
  failed: ({ error, detail }, { took, room }) => {
    const why = error ?? detail;
    return why === null ? took : `${took}, ${foreign(why, room || ASIDE)}`;
  },
};

/** The stages of each agent: one line for one, for several a line each, those in trouble first. */
export function targetLines(operation: Operation): string[] {
  const [only, ...others] = operation.targets;
  if (only === undefined) return [];
  if (others.length === 0) return [stageLine(only)];
  const ordered = operation.targets.toSorted((a, b) => trouble(b) - trouble(a));
  const lines = ordered.slice(0, TARGETS_SHOWN).map((target) => `*${foreign(target.agent, 63)}* ${briefly(target)}`);
  const rest = ordered.slice(TARGETS_SHOWN);
  const done = rest.filter(endedWell).length;
  if (rest.length > 0) lines.push(`and ${rest.length} more, ${done === rest.length ? "all" : `${done} of them`} done`);
  return lines;
}

/** Beside others only what failed is explained. */
function briefly(target: TargetProgress): string {
  if (target.ending === "not-touched") return "not touched";
  return isBegun(target)
    ? joined(target.stages.slice(0, 8).map((stage) => stageWords(stage, 0)))
    : "waits for its turn";
}

function trouble(target: TargetProgress): number {
  if (target.ending === "not-touched") return 0;
  if (target.ending !== null && !endedWell(target)) return 3;
  return target.ending !== null ? 1 : isBegun(target) ? 2 : 0;
}

/** "▓▓░░░ about 30 s left, from 5 earlier restarts"; nothing once it has ended. */
export function progressWords(operation: Operation, now: number): string | null {
  if (isEnded(operation)) return bulkWords(operation);
  const done = bulkWords(operation);
  const estimate = operation.state === "waiting" ? null : estimateWords(operation, now);
  return done === null ? estimate : joined([foreign(done, 400), estimate]);
}

function estimateWords(operation: Operation, now: number): string {
  const { usualSeconds, earlierRuns, command } = operation;
  const left = secondsLeft(operation, now);
  if (usualSeconds === null || left === null || earlierRuns === 0) return "no estimate, first run";
  const share = operation.bulk === undefined ? 1 - left / usualSeconds : progressOf(operation).percent / 100;
  const filled = Math.min(CELLS - 1, Math.max(0, Math.floor(share * CELLS)));
  const bar = "▓".repeat(filled) + "░".repeat(CELLS - filled);
  const earlier = `from ${earlierRuns} earlier ${foreign(command, 40)}${earlierRuns === 1 ? "" : "s"}`;
  return left >= 1
    ? `${bar} about ${wholeDuration(left)} left, ${earlier}`
    : `${bar} longer than usual (${wholeDuration(usualSeconds)}, ${earlier})`;
}
