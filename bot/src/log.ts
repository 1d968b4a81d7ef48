import { type LineOptions, lineOptions } from "@rollcall/core/adapters/log-lines.ts";
import { redact, SHOWN } from "@rollcall/core/secrets/redact.ts";
import { type DestinationStream, type Logger, pino } from "pino";

/** Paths whose values never reach a log, wherever the object comes from. */
const SECRET_PATHS = ["authorization", "cookie", "token", "password", "secret", "set-cookie", "x-slack-signature"];

type LogOptions = Omit<LineOptions, "service">;

/**
 * One line per event on standard output, or wherever it is told to. Newlines and escapes in values are quoted by JSON.
 * @param options a level alone gives JSON
 */
export function createLog(options: LogOptions | string, destination?: DestinationStream): Logger {
  const how = typeof options === "string" ? { level: options, format: "json" as const } : options;
  const settings = {
    ...lineOptions({ ...how, service: "rollcall-control" }),
    redact: {
      paths: SECRET_PATHS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
      censor: SHOWN,
    },
    // A cause may carry connection strings in properties; message, code and stack say enough.
    serializers: { err: describeError, error: describeError },
  };
  return destination === undefined ? pino(settings) : pino(settings, destination);
}

/** What a log says of a caught value, with its causes, at most five deep. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: withoutEscapes(String(error)) };
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    message: withoutEscapes(error.message),
    ...(typeof code === "string" ? { code } : {}),
    stack: withoutEscapes(error.stack ?? ""),
    ...(error.cause === undefined || depth >= 5 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

// Escapes of a terminal stand for themselves in JSON, but readable lines show text as it is.
const withoutEscapes = (text: string): string => redact(text.replaceAll(/[\p{Cc}--[\n\t]]/gv, "\ufffd"));

/** Sentences remembered at most; they are a fixed few, apart from ids in them. */
const MOST_SENTENCES = 200;

/**
 * Logs problems that come again and again while something is away: each sentence at most once in `everyMs`.
 * @returns takes the sentence, and what caused it
 */
export function problemLog(log: Pick<Logger, "warn">, everyMs = 60_000): (problem: string, cause?: unknown) => void {
  const toldAt = new Map<string, number>();
  return (problem, cause) => {
    const now = performance.now();
    if (now - (toldAt.get(problem) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    if (toldAt.size >= MOST_SENTENCES) toldAt.clear();
    toldAt.set(problem, now);
    log.warn({ problem, ...(cause === undefined ? {} : { err: cause }) }, "a part has a problem");
  };
}
