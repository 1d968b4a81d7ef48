import { contextFields, requestContext } from "@rollcall/core/protocol/request-context.ts";
import { readTraceparent } from "@rollcall/core/protocol/traceparent.ts";
import { redact } from "@rollcall/core/secrets/redact.ts";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Lines about an agent; each names the trace, correlation and customer of the work that it was written in. */
export interface Log {
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  error(text: string, fields?: LogFields): void;
}

/** `auto`: text on a terminal, JSON elsewhere. `google`: JSON with the fields of Google Cloud Logging. */
export const LOG_FORMATS = ["auto", "text", "json", "google"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/**
 * One line per message, as text `2026-11-21T03:10:02.123Z warn text key=value`; warnings and errors go to standard error.
 */
export function createLog(agent: string, format: LogFormat = "text"): Log {
  const write =
    (stream: NodeJS.WriteStream, level: Level) =>
    (text: string, fields: LogFields = {}) => {
      const line = { level, text, fields: { agent, ...contextFields(), ...fields } };
      stream.write(`${redact(formatLine(line, format === "auto" && !stream.isTTY ? "json" : format))}\n`);
    };
  return {
    info: write(process.stdout, "info"),
    warn: write(process.stderr, "warn"),
    error: write(process.stderr, "error"),
  };
}

type Level = "info" | "warn" | "error";
const SEVERITIES = { info: "INFO", warn: "WARNING", error: "ERROR" };

function formatLine({ level, text, fields }: { level: Level; text: string; fields: LogFields }, format: LogFormat) {
  const time = new Date().toISOString();
  if (format === "json") return JSON.stringify({ level, time, ...fields, msg: text });
  if (format !== "google") return `${time} ${level} ${text}${formatFields(fields)}`;
  const trace = readTraceparent(requestContext().traceparent);
  // https://cloud.google.com/logging/docs/structured-logging#special-payload-fields
  const place = trace && {
    "logging.googleapis.com/trace": trace.traceId,
    "logging.googleapis.com/spanId": trace.spanId,
    "logging.googleapis.com/trace_sampled": trace.isSampled,
  };
  return JSON.stringify({ severity: SEVERITIES[level], time, ...fields, ...place, message: text });
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${formatValue(value)}`)
    .join("");
}

// A value from outside is quoted, so that it can neither end the line nor move the cursor of a terminal.
function formatValue(value: unknown): string {
  const text = String(value).slice(0, 500);
  return /^[\w.:/@-]+$/.test(text) ? text : JSON.stringify(text);
}

/** What to say of a caught value. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
