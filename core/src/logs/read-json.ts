import { levelOf } from "./log-level.ts";
import { timeOf } from "./log-time.ts";
import type { Said } from "./said.ts";

// pino, Google Cloud Logging, zap, logrus, structlog, Serilog, Elastic Common Schema. The first that is there counts.
const LEVELS = ["level", "severity", "lvl", "levelname", "log.level", "loglevel", "@l"];
const MESSAGES = ["msg", "message", "event", "text", "short_message", "@m"];
const TIMES = ["time", "timestamp", "ts", "@timestamp", "datetime", "asctime", "@t"];
const STACKS = ["stack", "stack_trace", "stacktrace", "exception", "exc_info", "error.stack_trace"];
const ERRORS = ["err", "error", "exception"];
const DEEPEST = 3;

/** A line that is an object of JSON. */
export function readJson(text: string): Said | null {
  const line = parseObject(text);
  if (line === null) return null;
  const taken = new Set<string>();
  const take = (names: readonly string[], fits: (value: unknown) => boolean): unknown => {
    const name = names.find((one) => Object.hasOwn(line, one) && fits(line[one]));
    if (name === undefined) return undefined;
    taken.add(name);
    return line[name];
  };
  const level = levelOf(take(LEVELS, (value) => levelOf(value) !== null));
  const at = timeOf(take(TIMES, (value) => timeOf(value) !== null));
  const message = take(MESSAGES, (value) => typeof value === "string" && value !== "");
  const stack = take(STACKS, (value) => typeof value === "string" && value.includes("\n"));
  const stacks = [stack, ...ERRORS.flatMap((name) => stacksOf(line[name]))].filter((one) => typeof one === "string");
  const rest = Object.entries(line).filter(([name]) => !taken.has(name));
  const fields = flatten(rest);
  return {
    at,
    level: level ?? (stacks.length > 0 ? "error" : null),
    text: [textOf(message, fields), ...stacks].join("\n"),
    fields,
  };
}

type Line = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Line =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseObject(text: string): Line | null {
  if (!text.startsWith("{")) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The stack of an error and of what caused it. */
function stacksOf(error: unknown, depth = 0): string[] {
  if (!isObject(error) || typeof error.stack !== "string" || depth > DEEPEST) return [];
  return [depth === 0 ? error.stack : `Caused by: ${error.stack}`, ...stacksOf(error.cause, depth + 1)];
}

/** A line without a message is read by what else it says. */
function textOf(message: unknown, fields: Readonly<Record<string, string>>): string {
  if (typeof message === "string") return message;
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** `{http: {status: 503}}` as `http.status`; stacks are left out, they stand in the text. */
function flatten(entries: readonly (readonly [string, unknown])[], prefix = "", depth = 0): Record<string, string> {
  const fields: [string, string][] = [];
  for (const [name, value] of entries) {
    const path = `${prefix}${name}`;
    if (value === null || value === undefined || (prefix !== "" && name === "stack")) continue;
    if (isObject(value) && depth < DEEPEST) {
      fields.push(...Object.entries(flatten(Object.entries(value), `${path}.`, depth + 1)));
    } else fields.push([path, typeof value === "string" ? value : JSON.stringify(value)]);
  }
  return Object.fromEntries(fields);
}
