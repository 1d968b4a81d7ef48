import type { DestinationStream, Logger, LoggerOptions } from "pino";
import { contextFields, type RequestContext, requestContext } from "../protocol/request-context.ts";
import { readTraceparent } from "../protocol/traceparent.ts";
import { redact } from "../secrets/redact.ts";

/** How log lines look: for people, as JSON, or as JSON with the field names of Google Cloud Logging. */
export const LOG_FORMATS = ["auto", "text", "json", "google"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LineOptions {
  readonly level: string;
  readonly format: LogFormat;
  readonly service: string;
  /** Google Cloud project that traces lie in; without it Google's trace field holds the bare id. */
  readonly googleProject?: string | undefined;
}

/** pino's options for lines that carry request, correlation, customer and trace id of the work under way. */
export function lineOptions(options: LineOptions): LoggerOptions {
  const { level, service } = options;
  const isGoogle = options.format === "google";
  return {
    level,
    base: { service },
    // Whatever found its way into a line: here it is whole and has not left yet.
    hooks: { streamWrite: redact },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => (isGoogle ? { severity: SEVERITIES[label] ?? "DEFAULT" } : { level: label }) },
    ...(isGoogle ? { messageKey: "message" } : {}),
    mixin: (_fields, _level, logger) => fieldsOf(options, (logger as ContextLogger)[ownContext]),
  };
}

const ownContext: unique symbol = Symbol("rollcall.ownContext");
interface ContextLogger {
  readonly [ownContext]?: RequestContext;
}

/** A logger whose lines, and those of its children, belong to this context wherever they are written. */
export const loggerIn = (context: RequestContext, logger: Logger): Logger =>
  Object.assign(logger.child({}), { [ownContext]: context });

// https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity
const SEVERITIES: Readonly<Record<string, string>> = {
  ...{ trace: "DEBUG", debug: "DEBUG", info: "INFO" },
  ...{ warn: "WARNING", error: "ERROR", fatal: "CRITICAL" },
};

/** What a line says of the work it belongs to, in the names of the format. */
function fieldsOf({ format, googleProject }: LineOptions, context = requestContext()): Record<string, unknown> {
  const fields = contextFields(context);
  const trace = format === "google" ? readTraceparent(context.traceparent) : null;
  if (trace === null) return fields;
  // https://cloud.google.com/logging/docs/structured-logging#special-payload-fields
  return {
    ...fields,
    "logging.googleapis.com/trace": googleProject ? `projects/${googleProject}/traces/${trace.traceId}` : trace.traceId,
    "logging.googleapis.com/spanId": trace.spanId,
    "logging.googleapis.com/trace_sampled": trace.isSampled,
  };
}

/** Where lines go: readable if asked for, or if nobody said how and it is a terminal; else JSON on standard output. */
export async function openLogStream(
  format: LogFormat,
  output: { readonly isTTY?: boolean; write(text: string): unknown } = process.stdout,
): Promise<DestinationStream | undefined> {
  if (format !== "text" && !(format === "auto" && output.isTTY)) return undefined;
  const { prettyFactory } = await import("pino-pretty");
  const colorize = output.isTTY === true;
  const show = prettyFactory({ colorize, translateTime: "SYS:HH:MM:ss.l", ignore: "service", singleLine: true });
  // Its own stream is asynchronous: a process that ends would take its last line with it.
  return { write: (line) => void output.write(show(line)) };
}
