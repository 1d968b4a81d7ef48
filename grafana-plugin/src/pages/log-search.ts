import type { TimeRange } from "@grafana/data";
import type { ApiLogLine } from "@rollcall/core/log-contract.ts";
import type { Context } from "../parts/context.ts";
import { rangeIn, stretchQuery } from "./time-range.ts";

type LogLevel = ApiLogLine["level"];

/** From chatty to deadly. */
export const LOG_LEVELS: readonly LogLevel[] = ["trace", "debug", "info", "warn", "error", "fatal"];

const HALF_AN_HOUR = { from: "now-30m", to: "now" };

/** Of the address: a beginning alone goes on to now. */
export function logRangeIn(query: URLSearchParams): TimeRange {
  const whole = new URLSearchParams(query);
  if (whole.has("from") && !whole.has("to")) whole.set("to", "now");
  return rangeIn(whole, HALF_AN_HOUR);
}

export const isLogLevel = (text: string | null): text is LogLevel => LOG_LEVELS.some((level) => level === text);

/** By what of the address lines are narrowed, besides their time. */
export const LOG_FILTERS = ["q", "agent", "service", "level", "trace", "run", "operation", "field"] as const;

const given = (query: URLSearchParams, name: (typeof LOG_FILTERS)[number]): string => (query.get(name) ?? "").trim();

/** Whether lines of everybody are looked for, whatever all pages look at: a trace or a run goes through many of them. */
export const isOfEverybody = (query: URLSearchParams): boolean =>
  given(query, "agent") === "" &&
  (["service", "trace", "run", "operation", "field"] as const).some((name) => given(query, name) !== "");

/**
 * What the address searches for, as the service is asked for it.
 * @param context what all pages look at; agents and services in the address come before it
 */
export function logSearchOf(query: URLSearchParams, range: TimeRange, context: Context | null): string {
  const words = given(query, "q");
  const [, pattern] = /^\/(.+)\/$/s.exec(words) ?? [];
  const level = given(query, "level");
  const asked = {
    ...{ who: whoOf(query, context), source: given(query, "service"), level: isLogLevel(level) ? level : "" },
    ...(pattern === undefined ? { q: words } : { pattern }),
    ...{ trace: given(query, "trace"), run: given(query, "run"), operation: given(query, "operation") },
    field: given(query, "field"),
  };
  const narrowed = Object.entries(asked).filter(([, value]) => value !== "");
  return [new URLSearchParams(narrowed).toString(), stretchQuery(range)].filter((part) => part !== "").join("&");
}

function whoOf(query: URLSearchParams, context: Context | null): string {
  const named = given(query, "agent");
  if (named !== "" || context === null || isOfEverybody(query)) return named;
  return context.kind === "group" ? `@${context.name}` : context.name;
}

/** The words that are searched for, as the service reads them: a "phrase in quotes" is one. */
export function wordsOf(query: URLSearchParams): readonly string[] {
  const text = given(query, "q");
  if (/^\/.+\/$/s.test(text)) return [];
  return [...text.matchAll(/"([^"]+)"|(\S+)/g)].map(([, phrase, word]) => phrase ?? word ?? "");
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
const MOST_BARS = 60;

/** How long a stretch of the chart is, seconds, so that there are at most sixty. */
export function stepOf({ from, to }: TimeRange): number {
  const seconds = (to.valueOf() - from.valueOf()) / 1000;
  return STEPS_S.find((step) => seconds / step <= MOST_BARS) ?? Math.ceil(seconds / MOST_BARS);
}

/** A line as an address names it: its moment, and its id among those of this moment. */
export interface NamedLine {
  readonly at: number;
  readonly id: string;
}

export const nameOfLine = ({ at, id }: NamedLine): string => `${at}.${id}`;

export function lineIn(query: URLSearchParams): NamedLine | null {
  const [, at, id] = /^(\d{12,14})\.(.{1,100})$/.exec(query.get("line") ?? "") ?? [];
  return at === undefined || id === undefined ? null : { at: Number(at), id };
}
