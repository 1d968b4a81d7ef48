import type { Ending } from "../domain/operation.ts";
import { timeToken } from "../domain/report.ts";
import { counted, listed, plain } from "../fleet-words.ts";
import type { Past, PastOperation, PastRestart, PeriodRecords } from "../ports/period-records.ts";
import { wholeDuration } from "../whole-duration.ts";
import type { NameOf } from "./alert-words.ts";
import { median } from "./median.ts";

const GOOD: readonly (Ending | null)[] = ["done", "recovered"];
const endingWords = (ending: Ending): string => ending.replaceAll("-", " ");

/** Counts by key, the most first. */
function tally(keys: readonly string[]): [string, number][] {
  const counts = [...Map.groupBy(keys, (key) => key)].map(([key, same]): [string, number] => [key, same.length]);
  return counts.toSorted((one, other) => other[1] - one[1] || one[0].localeCompare(other[0]));
}

const tallyWords = (keys: readonly string[], most: number): string =>
  listed(
    tally(keys).map(([key, count]) => `${key} ${count}`),
    most,
  );

/** What was done and by whom, what restarts came to, and what was refused; what there was none of has no line. */
export function workLines({ operations, restarts, refusals, nameOf }: WorkOfPeriod): string[] {
  const { rows, total } = operations;
  const newest = total > rows.length ? `, of the newest ${rows.length} of ${total}` : "";
  const done = rows.length === 0 ? ["Nobody changed anything"] : [`*Done* ${commandWords(rows)}${newest}`];
  const by =
    rows.length === 0
      ? []
      : [
          `*By* ${tallyWords(
            rows.map(({ actor }) => nameOf(actor)),
            5,
          )}`,
        ];
  return [...done, ...by, ...restartLines(restarts), ...refusalLines(refusals)];
}

export interface WorkOfPeriod {
  readonly operations: Past<PastOperation>;
  readonly restarts: readonly PastRestart[];
  readonly refusals: Awaited<ReturnType<PeriodRecords["refusals"]>>;
  readonly nameOf: NameOf;
}

const MOST_COMMANDS = 3;

/** "restart 5 (1 did not help) · pause 2" */
function commandWords(rows: readonly PastOperation[]): string {
  const byCommand = Map.groupBy(rows, ({ command }) => command);
  const sorted = [...byCommand].toSorted((one, other) => other[1].length - one[1].length);
  const words = sorted.map(([command, same]) => {
    const others = same.filter(({ ending }) => !GOOD.includes(ending)).map(({ ending }) => ending);
    const how = tally(others.map((ending) => (ending === null ? "under way" : endingWords(ending))));
    return `${command} ${same.length}${how.length === 0 ? "" : ` (${how.map(([name, count]) => `${count} ${name}`).join(", ")})`}`;
  });
  const rest = words.length > MOST_COMMANDS ? [counted(words.length - MOST_COMMANDS, "other command")] : [];
  return [...words.slice(0, MOST_COMMANDS), ...rest].join(" · ");
}

/** "*Restarts* helped 4 of 5, median 12 s · not: distribution-manager" */
export function restartLines(restarts: readonly PastRestart[]): string[] {
  if (restarts.length === 0) return [];
  const helped = restarts.filter((restart) => restart.helped);
  const middle = median(helped.flatMap(({ seconds }) => (seconds === null ? [] : [seconds])));
  const usual = middle === null ? "" : `, median ${wholeDuration(middle)}`;
  const others = [...new Set(restarts.filter((restart) => !restart.helped).map(({ agent }) => agent))];
  const not = others.length === 0 ? "" : ` · did not help: ${listed(others, 2)}`;
  return [`*Restarts* helped ${helped.length} of ${restarts.length}${usual}${not}`];
}

function refusalLines(refusals: WorkOfPeriod["refusals"]): string[] {
  const total = refusals.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return [];
  const rules = refusals.map(({ rule, count }) => `${plain(rule, 40)} ${count}`);
  return [`*Refused* ${total}: ${listed(rules, 2)}`];
}

/** What only says something about other operations is told with those. */
const ABOUT_OTHERS = new Set(["ack", "approve", "deny", "withdraw", "cancel", "continue"]);
export const isWorkOnAgents = ({ command, agentCount }: PastOperation): boolean =>
  agentCount > 0 && !ABOUT_OTHERS.has(command);

/** "✅ 03:08:05 Olga: restart billing, recovered in 19 s (op-487)" */
export function operationWords(operation: PastOperation, nameOf: NameOf): string {
  const { id, command, agents, agentCount, actor, ending, createdAt, startedAt, endedAt } = operation;
  const whom = agentCount > 2 ? counted(agentCount, "agent") : listed(agents);
  const mark = ending === null ? "⏳" : GOOD.includes(ending) ? "✅" : ending === "cancelled" ? "⏹" : "❌";
  const seconds = endedAt === null ? null : (endedAt - (startedAt ?? createdAt)) / 1000;
  const took = seconds === null ? "" : ` in ${wholeDuration(seconds)}`;
  const how = ending === null ? "under way" : `${endingWords(ending)}${took}`;
  return `${mark} ${timeToken(createdAt)} ${nameOf(actor)}: ${command} ${whom}, ${how} (${id})`;
}
