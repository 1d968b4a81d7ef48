import { LOG_LEVELS, type LogLine } from "../../domain/log-line.ts";
import type { LogFilter } from "../../ports/log-store.ts";
import { toDate, toText } from "./operation-rows.ts";

/** Conditions of SQL, and the values that they name as $1, $2 … */
export interface Conditions {
  /** Names a value. @returns `$3` */
  value(value: unknown): string;
  readonly values: readonly unknown[];
  /** Joined by `and`; `true` if there are none. */
  where(): string;
  add(condition: string): void;
}

/** Conditions that let through what the filter lets through. */
export function conditionsOf(filter: LogFilter): Conditions {
  const values: unknown[] = [];
  const parts: string[] = [];
  const value = (one: unknown): string => `$${values.push(one)}`;
  const conditions: Conditions = {
    ...{ value, values },
    where: () => (parts.length === 0 ? "true" : parts.join(" and ")),
    add: (condition) => void parts.push(condition),
  };
  addPlace(filter, conditions);
  for (const word of filter.words ?? []) conditions.add(`words like ${value(likeOf(word))}`);
  if (filter.pattern !== undefined) conditions.add(`text ~* ${value(toText(filter.pattern))}`);
  for (const [name, content] of Object.entries(filter.fields ?? {}))
    conditions.add(`fields ->> ${value(toText(name))} = ${value(toText(content))}`);
  return conditions;
}

function addPlace(filter: LogFilter, { add, value }: Conditions): void {
  const { sources, level, from, to } = filter;
  // One alone by its own index, newest first; of several PostgreSQL would have to sort all lines.
  if (sources?.length === 1) add(`source = ${value(toText(sources[0] ?? ""))}`);
  else if (sources !== undefined) add(`source = any(${value(sources.map(toText))}::text[])`);
  if (level !== undefined && level !== "trace") add(`level >= ${value(LOG_LEVELS.indexOf(level))}`);
  if (from !== undefined) add(`at >= ${value(toDate(from))}`);
  if (to !== undefined) add(`at < ${value(toDate(to))}`);
  for (const name of ["trace", "run", "operation"] as const) {
    const wanted = filter[name];
    if (wanted !== undefined) add(`${name} = ${value(toText(wanted))}`);
  }
}

/** What words are looked for in: all that a line says, a line each, in small letters. */
export const wordsOf = ({ text, trace, run, operation, fields }: LogLine): string =>
  [text, trace, run, operation, ...Object.entries(fields).map((field) => field.join("="))]
    .filter((part) => part !== null)
    .join("\n")
    .toLowerCase();

/** Each sign for itself. */
const likeOf = (word: string): string => `%${toText(word.toLowerCase()).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
