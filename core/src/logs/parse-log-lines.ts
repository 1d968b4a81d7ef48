import { stripVTControlCharacters } from "node:util";
import type { LogLine } from "../domain/log-line.ts";
import type { RawLogLine } from "../ports/log-source.ts";
import { wellFormedId } from "../protocol/request-context.ts";
import { readTraceparent } from "../protocol/traceparent.ts";
import { redact, SHOWN } from "../secrets/redact.ts";
import { type JoinedLines, joinLines } from "./join-lines.ts";
import { guessLevel } from "./log-level.ts";
import { readJson } from "./read-json.ts";
import { readLogfmt } from "./read-pairs.ts";
import { readDeath, readPlain, readPostgres, readRedis, readTimed } from "./read-text.ts";
import type { Format, Said } from "./said.ts";

const MOST_CHARACTERS = 8000;
const MOST_READ_CHARACTERS = 64 * 1024;
const MOST_FIELDS = 30;
const MOST_NAME_CHARACTERS = 100;
const MOST_VALUE_CHARACTERS = 1000;

/**
 * What lines say, in their order: a stack trace is part of the line that it explains; lines that say nothing are left out.
 * Nothing in it moves a cursor or holds a secret that we know or that looks like one.
 * @param now when they were read, milliseconds since the epoch; no line is later
 */
export function parseLogLines(raw: readonly RawLogLine[], now: number): LogLine[] {
  return joinLines(raw).flatMap((joined) => {
    const line = parseJoined(joined, now);
    return line.text === "" ? [] : [line];
  });
}

const FORMATS: readonly Format[] = [readJson, readPostgres, readRedis, readTimed, readLogfmt, readDeath];

function parseJoined({ first, texts }: JoinedLines, now: number): LogLine {
  const whole = redact(clean(texts.join("\n").slice(0, MOST_READ_CHARACTERS)));
  const said = read(whole, first.isError);
  const { trace, run, operation, rest } = takeWork(said.fields);
  const { at, claimed } = settleTime(said.at, first.at, now);
  // Text inside JSON was quoted until now.
  const text = hideNamedSecrets(redact(clean(said.text)));
  return {
    ...{ source: first.source, kind: first.kind, at },
    level: said.level ?? guessLevel(text, first.isError),
    text: shorten(text.trim(), MOST_CHARACTERS),
    ...{ trace, run, operation },
    fields: boundedFields([...Object.entries(rest), ...claimed], first.source),
  };
}

function read(whole: string, isError: boolean): Said {
  for (const format of FORMATS) {
    const said = format(whole);
    if (said !== null) return said;
  }
  return readJsonAbove(whole) ?? readPlain(whole, isError);
}

/** A line of JSON with other lines below it. */
function readJsonAbove(whole: string): Said | null {
  const end = whole.indexOf("\n");
  const said = end === -1 ? null : readJson(whole.slice(0, end));
  return said === null ? null : { ...said, text: `${said.text}${whole.slice(end)}` };
}

// Tab and line end stay. What turns the direction of writing would make text look like another.
const CONTROLS = /[[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]--[\n\t]]/gv;

/** Without colours and other orders to a terminal, and without what PostgreSQL cannot keep: NUL and halves of characters. */
const clean = (text: string): string =>
  stripVTControlCharacters(text).replaceAll("\r\n", "\n").replaceAll(CONTROLS, "").toWellFormed();

const NAMED = /\b([\w-]{0,40}(?:password|passwd|secret|token|api[_-]?key)(?:=|: ))(?!\[secret\])[^\s"',;&)\]}]{6,}/gi;
const hideNamedSecrets = (text: string): string => text.replaceAll(NAMED, `$1${SHOWN}`);

const SECRET_NAME = /(?:password|passwd|pwd|secret|token|authorization|cookie|api[_-]?key|private[_-]?key)$/i;

function boundedFields(entries: readonly (readonly [string, string])[], source: string): Record<string, string> {
  const told = entries.filter(([name, value]) => value !== "" && !(name === "agent" && value === source));
  return Object.fromEntries(
    told.slice(0, MOST_FIELDS).map(([name, value]) => {
      const short = shorten(clean(name).replaceAll(/\s/g, "_"), MOST_NAME_CHARACTERS);
      const shown = SECRET_NAME.test(name) ? SHOWN : shorten(redact(clean(value)), MOST_VALUE_CHARACTERS);
      return [short, shown];
    }),
  );
}

function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}

const TRACES = ["trace_id", "traceId", "trace.id", "traceid", "logging.googleapis.com/trace", "dd.trace_id", "trace"];
const RUNS = ["run", "run_id", "runId"];
const OPERATIONS = ["operation", "operation_id", "op", "command_id", "commandId", "started_by"];

/** What the line belongs to, and the fields without what is said by it. */
function takeWork(fields: Said["fields"]) {
  const rest = { ...fields };
  const take = (names: readonly string[], read: (value: string) => string | undefined): string | null => {
    for (const name of names) {
      const value = rest[name];
      const id = value === undefined ? undefined : read(value);
      if (id === undefined) continue;
      // A longer value says more than the id: op-481:billing:start.
      if (id === value || name.startsWith("logging.")) delete rest[name];
      return id;
    }
    return null;
  };
  const trace = take(TRACES, traceOf) ?? take(["traceparent"], (value) => readTraceparent(value)?.traceId);
  return { trace, run: take(RUNS, wellFormedId), operation: take(OPERATIONS, operationOf), rest };
}

/** `projects/p/traces/ID` of Google, or the id. */
const traceOf = (value: string): string | undefined =>
  wellFormedId(value.slice(value.lastIndexOf("/") + 1))?.toLowerCase();
const operationOf = (value: string): string | undefined => /^op-\d{1,15}(?=:|$)/.exec(value)?.[0];

// Clocks of hosts differ by some seconds; what is further ahead is a wrong clock or no time at all.
const AHEAD_MS = 5_000;
const OLDEST_MS = 366 * 86_400_000;

/** The time said by the line, else by its source, else that of reading. A time that cannot be is kept as a field. */
function settleTime(said: number | null, bySource: number | null, now: number) {
  const known = [said, bySource].find((at) => at !== null && at <= now + AHEAD_MS && at >= now - OLDEST_MS);
  const at = Math.min(known ?? now, now);
  const isDoubted = said !== null && known !== said;
  return { at, claimed: isDoubted ? [["said_time", shownTime(said)] as const] : [] };
}

const shownTime = (at: number): string => (Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at));
