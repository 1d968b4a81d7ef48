import { dateTimeFormat, dateTimeForTimeZone, getTimeZone } from "@grafana/data";
import type { Agent, Health, Operation, Stage } from "../api/contract.ts";
import { t } from "../translate.ts";

/**
 * Words and marks as they stand in Slack too; shape and word carry the meaning, colour only helps. U+FE0E asks for the letter,
 * not the picture of the same name, which would bring a colour of its own.
 */
export const HEALTH_MARKS: Readonly<Record<Health, string>> = {
  healthy: "●",
  degraded: "▲",
  critical: "■",
  unknown: "?",
  off: "⏹\uFE0E",
};

export const STAGE_MARKS: Readonly<Record<Stage["state"], string>> = {
  done: "✓",
  now: "▸",
  next: "○",
  failed: "✗",
  skipped: "–",
};

const ENDING_MARKS: Readonly<Record<NonNullable<Operation["ending"]>, string>> = {
  done: "✅",
  recovered: "✅",
  "did-not-help": "⚠️",
  "did-not-come-back": "❌",
  failed: "❌",
  refused: "🚫",
  expired: "⌛",
  cancelled: "⏹",
  partly: "◐",
  "not-touched": "–",
  unknown: "❔",
};

/** "✅ recovered", "⏳ running" */
export function operationWords({ state, ending }: Pick<Operation, "state" | "ending">): { mark: string; word: string } {
  if (state !== "ended" || ending === null) return { mark: "⏳", word: state };
  return { mark: ENDING_MARKS[ending], word: ending.replaceAll("-", " ") };
}

export const markOfAgent = ({ health, verdict }: Pick<Agent, "health" | "verdict">): string =>
  health === "off" && verdict === "paused" ? "⏸\uFE0E" : HEALTH_MARKS[health];

/** "02:41:08" in the zone that the reader chose in Grafana. @param at ms since the epoch */
export const clockTime = (at: number): string => dateTimeFormat(at, { format: "HH:mm:ss" });

/** "02:41:08" today, "28 Nov 02:41" before. */
export const momentWords = (at: number, now: number): string =>
  startOfDay(at) === startOfDay(now) ? clockTime(at) : dateTimeFormat(at, { format: "D MMM HH:mm" });

/** Midnight of the reader's day, or of one before it; ms since the epoch. */
export const startOfDay = (at: number, daysBefore = 0): number =>
  dateTimeForTimeZone(getTimeZone(), at).startOf("day").subtract(daysBefore, "days").valueOf();

/** "0.4", "12": as English writes numbers, which is the language of what the service says. */
export const fixed = (value: number, digits = 0): string =>
  new Intl.NumberFormat("en-US", {
    ...{ minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false },
    signDisplay: "negative",
  }).format(value);

/** "40 ms", "0.4 s", "41 s", "3 min", "2 h 5 min", "3 d" */
export function durationWords(seconds: number): string {
  if (seconds > 0 && seconds < 0.1) return `${Math.ceil(seconds * 1000)} ms`;
  if (seconds < 10) return `${fixed(Math.max(0, seconds), 1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}

/** "2 s", whole: for ages that tick. */
export const ageWords = (seconds: number): string =>
  seconds < 100 ? `${Math.max(0, Math.round(seconds))} s` : durationWords(seconds);

/** "recovered in 6.3 s"; the word alone while nobody knows how long it took. */
export const endedWords = (word: string, seconds: number | null): string =>
  seconds === null ? word : t("word.took", "{{word}} in {{time}}", { word, time: durationWords(seconds) });

/** " since 02:41:08", to stand behind other words; nothing if it is not known. */
export const sinceWords = ({ since }: { readonly since: number | null }, now: number): string =>
  since === null ? "" : ` ${t("word.since", "since {{at}}", { at: momentWords(since, now) })}`;

/** "Olga by slack" */
export const doorWords = ({ actor, door }: Pick<Operation, "actor" | "door">): string =>
  t("word.by-door", "{{name}} by {{door}}", { name: actor.name, door });

/** "and 4 more" */
export const moreWords = (n: number): string => t("word.more", "and {{n}} more", { n });

/** "a, b, c and 4 more" */
export function listed(names: readonly string[], limit = 5): string {
  const shown = names.slice(0, limit).join(", ");
  return names.length > limit ? `${shown} ${moreWords(names.length - limit)}` : shown;
}

/**
 * "22 expected · 20 healthy · 1 critical · 1 off"; "2 of 22 · 2 critical" of a part of them.
 * @param expected how many there are in all
 */
export function countsWords(agents: readonly Pick<Agent, "health">[], expected = agents.length): string {
  const counts = { healthy: 0, degraded: 0, critical: 0, unknown: 0, off: 0 };
  for (const { health } of agents) counts[health] += 1;
  return [
    agents.length === expected
      ? t("word.expected", "{{n}} expected", { n: expected })
      : t("word.part", "{{n}} of {{all}}", { n: agents.length, all: expected }),
    ...Object.entries(counts).flatMap(([health, count]) => (count === 0 ? [] : `${count} ${health}`)),
  ].join(" · ");
}

const RANK = new Map(
  [
    ...["gone", "missing", "unknown", "silent", "deaf", "alive but not consuming", "busy"],
    ...["stopped", "paused", "draining", "slow", "working", "up", "unexpected"],
  ].map((verdict, rank) => [verdict, rank]),
);
const rankOf = ({ verdict }: Pick<Agent, "verdict">): number => RANK.get(verdict) ?? -1;
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** As the service orders them: worse, then more critical, then by name. */
export const compareSick = (a: Agent, b: Agent): number =>
  rankOf(a) - rankOf(b) || compare(a.criticality, b.criticality) || compare(a.id, b.id);

/** "busy (item 31 s old, normal ≤ 40 s)" */
export const verdictWords = ({ verdict, note }: Pick<Agent, "verdict" | "note">): string =>
  note === null ? verdict : `${verdict} (${note})`;

/** "stopped by operator: too many errors" */
export function offWords({ desired }: Pick<Agent, "desired">): string | null {
  if (desired.state === "running") return null;
  const { state, by, reason } = desired;
  const words = by === null ? state : t("word.state-by", "{{state}} by {{by}}", { state, by });
  return `${words}${reason === null ? "" : `: ${reason}`}`;
}

/** Everything that waits and is not in hand yet; null: not known. */
export function waitingOf({ waiting }: Pick<Agent, "waiting">): number | null {
  if (waiting === null || waiting.some(({ lag }) => lag === null)) return null;
  return waiting.reduce((sum, { lag, pending }) => sum + (lag ?? 0) + pending, 0);
}
