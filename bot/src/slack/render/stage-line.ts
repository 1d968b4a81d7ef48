import {
  isEnded,
  type Operation,
  type Stage,
  stageSeconds,
  type TargetProgress,
} from "@rollcall/core/domain/operation.ts";
import { joined } from "./blocks.ts";
import { endedWell } from "./operation-words.ts";
import { duration, foreign, wholeDuration } from "./text.ts";

const CELLS = 5;
/** Lines of targets in one message; the rest is counted. */
const TARGETS_SHOWN = 5;

/** "sent ✓ 0.1 s · stopped – was gone · started ▸ · working ○ · alert clear ○" */
export const stageLine = (target: TargetProgress): string => joined(target.stages.slice(0, 10).map(stageWords));

function stageWords(stage: Stage): string {
  const name = foreign(stage.name, 30);
  const seconds = stageSeconds(stage);
  const detail = stage.detail === null ? "" : foreign(stage.detail, 90);
  switch (stage.state) {
    case "next":
      return `${name} ○`;
    case "now":
      return detail ? `${name} ▸ ${detail}` : `${name} ▸`;
    case "skipped":
      return detail ? `${name} – ${detail}` : `${name} –`;
    case "done":
      return [`${name} ✓`, seconds === null ? "" : ` ${duration(seconds)}`, detail && `, ${detail}`].join("");
    case "failed":
      return [`${name} ✗`, seconds === null ? "" : ` ${duration(seconds)}`, reason(stage)].join("");
  }
}

function reason({ error, detail }: Stage): string {
  const why = error ?? detail;
  return why === null ? "" : `, ${foreign(why, 140)}`;
}

/** The stages of each agent: one line for one, for several a line each, those in trouble first. */
export function targetLines(operation: Operation): string[] {
  const [only, ...others] = operation.targets;
  if (only === undefined) return [];
  if (others.length === 0) return [stageLine(only)];
  const ordered = operation.targets.toSorted((a, b) => trouble(b) - trouble(a));
  const lines = ordered.slice(0, TARGETS_SHOWN).map((target) => `*${foreign(target.agent, 63)}* ${stageLine(target)}`);
  const rest = ordered.slice(TARGETS_SHOWN);
  if (rest.length > 0) lines.push(`and ${rest.length} more, ${rest.filter(endedWell).length} of them done`);
  return lines;
}

function trouble(target: TargetProgress): number {
  if (target.ending !== null && !endedWell(target)) return 2;
  return target.ending === null ? 1 : 0;
}

/** "▓▓░░░ about 30 s left, from 5 earlier restarts"; nothing once it has ended. */
export function progressWords(operation: Operation, now: number): string | null {
  if (isEnded(operation)) return null;
  const { usualSeconds, earlierRuns, command } = operation;
  if (usualSeconds === null || earlierRuns === 0) return "no estimate, first run";
  const spent = Math.max(0, (now - operation.createdAt) / 1000);
  const filled = Math.min(CELLS - 1, Math.floor((spent / usualSeconds) * CELLS));
  const bar = "▓".repeat(filled) + "░".repeat(CELLS - filled);
  const left = usualSeconds - spent;
  const earlier = `from ${earlierRuns} earlier ${foreign(command, 40)}${earlierRuns === 1 ? "" : "s"}`;
  return left >= 1
    ? `${bar} about ${wholeDuration(left)} left, ${earlier}`
    : `${bar} longer than usual (${wholeDuration(usualSeconds)}, ${earlier})`;
}
