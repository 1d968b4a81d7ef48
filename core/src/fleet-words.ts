import { distance } from "fastest-levenshtein";
import { timeToken } from "./domain/report.ts";
import { type Judgement, VERDICT_RANK } from "./domain/verdict.ts";
import type { FleetView, SeenAgent } from "./observe-fleet.ts";

const HEALTH_MARKS = { healthy: "🟢", degraded: "🟡", critical: "🔴", unknown: "❔", off: "⏹" } as const;
/** What stands before an alert, by how bad it is. */
export const SQUARES = { P0: "🟥", P1: "🟧", P2: "🟨", P3: "🟦" } as const;
/** Mark of an agent: health, or what it is while it is off on purpose. */
export const markOf = ({ health, verdict }: Pick<Judgement, "health" | "verdict">): string =>
  health === "off" && verdict === "paused" ? "⏸" : verdict === "up" && health !== "off" ? "⚪" : HEALTH_MARKS[health];

/** "busy (item 31 s old, normal ≤ 40 s)" */
export const verdictWords = ({ verdict, note }: Pick<Judgement, "verdict" | "note">): string =>
  note === null ? verdict : `${verdict} (${note})`;

/** " since 02:40:52", or nothing if that is not known. */
export const sinceWords = (since: number | null): string => (since === null ? "" : ` since ${timeToken(since)}`);

/** "stopped by operator since 02:40:52: too many errors", "paused by operator since 02:40:52 until 04:40:52" */
export function offWords({ expected, judgement, maintenance }: SeenAgent): string {
  if (maintenance !== undefined) {
    const { id, by, endsAt } = maintenance;
    return `in maintenance (${id}) by ${by} until ${timeToken(endsAt)}, ${verdictWords(judgement)}`;
  }
  const { by, since, reason, until = null } = expected.desired;
  const who = by === null ? "" : ` by ${by}`;
  const ends = until === null ? "" : ` until ${timeToken(until)}`;
  return `${verdictWords(judgement)}${who}${sinceWords(since)}${ends}${reason === null ? "" : `: ${plain(reason, 200)}`}`;
}

/** Sick first, then the more critical, then by name. */
export const sickFirst = (agents: readonly SeenAgent[]): SeenAgent[] =>
  agents.toSorted(
    (a, b) =>
      VERDICT_RANK[a.judgement.verdict] - VERDICT_RANK[b.judgement.verdict] ||
      a.expected.criticality.localeCompare(b.expected.criticality) ||
      a.expected.id.localeCompare(b.expected.id),
  );

/** "a, b, c, d, e and 4 more" */
export function listed(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit).join(", ");
  return names.length > limit ? `${shown} and ${names.length - limit} more` : shown;
}

/** "a", "a or b", "a, b or c" */
export const oneOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;

/** "1 agent", "3 agents" */
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const HEALTH_ORDER = ["healthy", "degraded", "critical", "unknown", "off"] as const;
/** "22 expected · 20 healthy · 1 critical · 1 off" */
export function countsLine({ agents }: Pick<FleetView, "agents">): string {
  const counts = HEALTH_ORDER.map((health) => ({
    health,
    count: agents.filter(({ judgement }) => judgement.health === health).length,
  }));
  const parts = counts.filter(({ count }) => count > 0).map(({ health, count }) => `${count} ${health}`);
  return [`${agents.length} expected`, ...parts].join(" · ");
}

/** What a person typed, fit to be repeated: one line, no invisible or direction-changing characters, shortened. */
export function plain(text: string, limit = 40): string {
  const visible = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "\u{FFFD}");
  const letters = [...visible];
  return letters.length > limit ? `${letters.slice(0, limit - 1).join("")}…` : visible;
}

/** Words of somebody else in a report: one line in which nothing is bold, code, or a time of ours. */
export const unmarked = (text: string, limit: number): string =>
  plain(text, limit).replaceAll("*", "∗").replaceAll("`", "'").replaceAll("{{", "{ {");

/**
 * Names that a person may have meant, nearest first, at most three.
 * @param word as it was typed, any length
 * @param farthest 0 takes beginnings only, 1 also what has every second letter wrong
 */
export function nearest(word: string, names: readonly string[], farthest = 1): string[] {
  const typed = word.toLowerCase().slice(0, 64);
  if (typed === "") return [];
  const scored = names.map((name) => ({ name, score: scoreOf(typed, name) }));
  return scored
    .filter(({ score }) => score <= farthest)
    .toSorted((a, b) => a.score - b.score || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** A part of a name is nearer than a mistyped one, its beginning nearest. */
function scoreOf(typed: string, name: string): number {
  if (typed.length > 1 && name.startsWith(typed)) return 0;
  if (typed.length > 2 && name.includes(typed)) return 0.1;
  // Half of the letters may be wrong: "restrat" is 2 from "restart" and 4 from "report".
  return distance(typed, name) / Math.ceil(typed.length / 2);
}
