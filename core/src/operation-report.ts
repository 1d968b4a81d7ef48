import { isEnded, type Operation, type Stage, type StageState, stageSeconds } from "./domain/operation.ts";
import { bulkWords, progressOf, secondsLeft } from "./domain/progress.ts";
import { counted, listed, plain } from "./fleet-words.ts";

const MARKS: Readonly<Record<StageState, string>> = { next: "○", now: "▸", done: "✓", failed: "✗", skipped: "–" };
const MOST_LINES = 10;

/** "⏳ op-481 restart billing · verifying · 60 % · about 12 s left · Olga", "✅ op-480 stop billing · done in 5 s · Olga" */
export function operationLine(operation: Operation, now: number): string {
  const { id, command, state, actor } = operation;
  const what = `${id} *${`${command} ${subjectOf(operation)}`.trim()}*`;
  if (isEnded(operation)) return `${endWords(operation, { what, now })} · ${actor.name}`;
  const left = secondsLeft(operation, now);
  const estimate = left === null ? "no estimate" : `about ${Math.max(0, Math.round(left))} s left`;
  return `⏳ ${what} · ${state} · ${progressOf(operation).percent} % · ${estimate} · ${actor.name}`;
}

function endWords(operation: Operation, { what, now }: { what: string; now: number }): string {
  const { ending, startedAt, createdAt, endedAt, error } = operation;
  const mark = ending === "done" || ending === "recovered" ? "✅" : ending === "cancelled" ? "⏹" : "❌";
  const seconds = Math.round(((endedAt ?? now) - (startedAt ?? createdAt)) / 1000);
  return `${mark} ${what} · ${ending ?? "ended"} in ${seconds} s${error === null ? "" : `: ${plain(error, 120)}`}`;
}

function subjectOf({ targets, incidentId }: Operation): string {
  const names = targets.map(({ agent }) => agent);
  if (names.length > 3) return counted(names.length, "agent");
  return names.length === 0 ? (incidentId ?? "") : listed(names);
}

/** One line for each agent: "billing: sent ✓ 0.1 s · stopped ✓ 5.3 s · started ▸ · working ○"; those that are not done first. */
export function stageLines(operation: Operation): string[] {
  const bulk = bulkWords(operation);
  const rank = ({ ending }: Operation["targets"][number]): number =>
    ending === "done" || ending === "recovered" ? 1 : 0;
  const targets = operation.targets.toSorted((one, other) => rank(one) - rank(other));
  const shown = targets.slice(0, MOST_LINES).map(({ agent, stages, ending }) => {
    const end = ending === null ? "" : ` → ${ending}`;
    return `${agent}: ${stages.map(stageWords).join(" · ")}${end}`;
  });
  const rest = targets.length > MOST_LINES ? [`… and ${targets.length - MOST_LINES} more`] : [];
  return [...(bulk === null ? [] : [bulk]), ...shown, ...rest];
}

function stageWords(stage: Stage): string {
  const seconds = stageSeconds(stage);
  const took = seconds === null || stage.state === "skipped" ? "" : ` ${seconds.toFixed(1)} s`;
  const said = stage.error ?? stage.detail;
  return `${stage.name} ${MARKS[stage.state]}${took}${said === null ? "" : ` ${plain(said, 120)}`}`;
}
