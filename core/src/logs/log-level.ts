import type { LogLevel } from "../domain/log-line.ts";

const WORDS: Readonly<Record<LogLevel, string>> = {
  trace: "trace verbose finest finer silly",
  debug: "debug dbg fine debug1 debug2 debug3 debug4 debug5",
  info: "info information informational notice log default",
  warn: "warn warning wrn",
  // FATAL of PostgreSQL ends one session, not the server: read-postgres says so.
  error: "error err severe",
  fatal: "fatal critical crit alert emergency emerg panic dpanic",
};
const LEVELS = new Map(
  Object.entries(WORDS).flatMap(([level, words]) => words.split(" ").map((word) => [word, level as LogLevel])),
);

/** The level that a word or a number stands for: of syslog below 10, of pino and bunyan from 10 on. Null if for none. */
export function levelOf(said: unknown): LogLevel | null {
  if (typeof said === "number") return said < 10 ? levelOfSyslog(said) : levelOfPino(said);
  if (typeof said !== "string") return null;
  if (/^\d{1,3}$/.test(said)) return levelOf(Number(said));
  return LEVELS.get(said.toLowerCase()) ?? null;
}

// https://datatracker.ietf.org/doc/html/rfc5424#section-6.2.1
const SYSLOG = ["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"] as const;
const levelOfSyslog = (number: number): LogLevel | null => SYSLOG[number] ?? null;

// Numbers between two levels are levels of somebody's own.
const PINO = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
const levelOfPino = (number: number): LogLevel => PINO[Math.min(Math.floor(number / 10) - 1, 5)] ?? "info";

/** Words further inside are what the line is about. */
const BEGINNING = 80;
const LOUD = /\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRITICAL|FATAL|PANIC)\b/;
const PREFIX = /^\[?(trace|debug|info|notice|warn|warning|error|critical|fatal|panic)\]?:/i;
const STACK = /\n\s+(?:at \S|File ")|^Traceback \(/;

/**
 * The level of a line that names none in a known place. Only words in capitals, or in front of a colon, count: "0 errors" is none.
 * What stands on standard error is an error only where it says so, in any letters, or is a stack trace: many programs write
 * all that they have to say there (Go's and Python's loggers do).
 */
export function guessLevel(text: string, isError: boolean): LogLevel {
  const beginning = text.slice(0, BEGINNING);
  const word = PREFIX.exec(beginning)?.[1] ?? LOUD.exec(beginning)?.[1];
  if (word !== undefined) return levelOf(word) ?? "info";
  if (STACK.test(text)) return "error";
  // Node's own warnings: (node:123) DeprecationWarning: …
  if (/^\(node:\d+\) /.test(text)) return "warn";
  if (!isError) return "info";
  if (/\b(?:error|exception|fatal)\b/i.test(beginning)) return "error";
  return /\bwarning\b/i.test(beginning) ? "warn" : "info";
}
