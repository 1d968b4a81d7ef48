import type { LogLevel } from "../domain/log-line.ts";
import { guessLevel, levelOf } from "./log-level.ts";
import { momentOf, TIME } from "./log-time.ts";
import { splitPairs } from "./read-pairs.ts";
import type { Said } from "./said.ts";

const LEVEL = /^[\s:-]*\[?([A-Za-z]{3,13})\]?:?(?=\s|$)/;

/** `2026-11-21T03:10:02.123Z warn text name=value`, as our agents write it; the level may be missing. */
export function readTimed(text: string): Said | null {
  const [, time] = TIME.exec(text) ?? [];
  if (time === undefined) return null;
  const rest = text.slice((TIME.exec(text) as RegExpExecArray)[0].length);
  const word = LEVEL.exec(rest);
  const level = levelOf(word?.[1]);
  const said =
    level === null ? rest.replace(/^[\s:-]+/, "") : rest.slice((word as RegExpExecArray)[0].length).trimStart();
  const [line = "", ...more] = said.split("\n");
  const { before, fields } = splitPairs(line);
  return { at: momentOf(time), level, text: [before === "" ? line : before, ...more].join("\n"), fields };
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const REDIS = /^(\d+):([A-Z]) (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{3}) ([.\-*#]) ([\s\S]*)$/;
const MARKS: Readonly<Record<string, LogLevel>> = { ".": "debug", "-": "debug", "*": "info", "#": "warn" };

// What Redis 7.0 says at each start, as a warning so that it is never left out.
const START = /^(?:oO0OoO0OoO0Oo|Redis version=|Configuration loaded|Server initialized)/;

/** `26782:M 30 Nov 2026 02:31:13.778 * Ready to accept connections`: the time is that of its host. */
export function readRedis(text: string): Said | null {
  const found = REDIS.exec(text);
  if (found === null) return null;
  const [, process, role, day, month, year, hour, minute, second, ms, mark, said] = found as unknown as string[];
  const date = [Number(year), MONTHS.indexOf(month as string), Number(day)] as const;
  const at = new Date(...date, Number(hour), Number(minute), Number(second), Number(ms)).getTime();
  return {
    at: Number.isNaN(at) ? null : at,
    level: START.test(said as string) ? "info" : (MARKS[mark as string] ?? "info"),
    text: said as string,
    fields: { process: process as string, role: role as string },
  };
}

const POSTGRES =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})?(?: (?:UTC|GMT|[+-]\d\d(?::?\d\d)?))?)[^[]{0,6}\[(\d+)\] ?(.*?)([A-Z]+\d?): {2}([\s\S]*)$/;
// postgresql.org/docs/15/runtime-config-logging.html: FATAL ends one session, PANIC all of them.
const OF_POSTGRES: Readonly<Record<string, LogLevel>> = { LOG: "info", FATAL: "error", PANIC: "fatal" };

/** `2026-11-30 02:31:17.236 UTC [26855] ERROR:  relation "x" does not exist`, with its statement in the lines below. */
export function readPostgres(text: string): Said | null {
  const [, time, process, who, word, said] = POSTGRES.exec(text) ?? [];
  if (time === undefined || word === undefined) return null;
  const level = OF_POSTGRES[word] ?? levelOf(word);
  if (level === null) return null;
  const [line = "", ...more] = (said as string).split("\n");
  // What PostgreSQL says of an error stands below it, each with a time of its own.
  const below = more.map((one) => one.replace(POSTGRES, "$4: $5"));
  const fields = { process: process as string, ...(who === "" || who === undefined ? {} : { session: who.trim() }) };
  return { at: momentOf(time), level, text: [line, ...below].join("\n"), fields };
}

const NODE = /^((?:node:|file:\/\/|\/|[A-Za-z]:\\)\S*:\d+)\n[^\n]*\n[ \t]*\^+[ \t]*\n([\s\S]*)$/;
const DIES = /^(?:panic|fatal error): |^thread '.*' (?:\(\d+\) )?panicked at /;

/** What a program says that dies of an error nobody caught. */
export function readDeath(text: string): Said | null {
  const [, place, thrown] = NODE.exec(text) ?? [];
  // What was thrown comes first; the line of source above it is left out, the place of it is kept.
  if (place !== undefined && thrown !== undefined) {
    return { at: null, level: "fatal", text: thrown.trim(), fields: { thrown_at: place } };
  }
  return DIES.test(text) ? { at: null, level: "fatal", text, fields: {} } : null;
}

/** Anything else is its own text. */
export const readPlain = (text: string, isError: boolean): Said => ({
  at: null,
  level: guessLevel(text, isError),
  text,
  fields: {},
});
