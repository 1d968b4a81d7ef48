import { type DestinationStream, type Logger, pino } from "pino";

/** Paths whose values never reach a log, wherever the object comes from. */
const SECRET_PATHS = ["authorization", "cookie", "token", "password", "secret", "set-cookie", "x-slack-signature"];

/** One JSON line per event on standard output. Newlines and escapes in values are quoted by JSON. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service: "rollcall-control" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: SECRET_PATHS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
      censor: "[secret]",
    },
    // A cause may carry connection strings in properties; message, code and stack say enough.
    serializers: { err: describeError, error: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** What a log says of a caught value, with its causes, at most five deep. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: withoutPasswords(String(error)) };
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    message: withoutPasswords(error.message),
    ...(typeof code === "string" ? { code } : {}),
    stack: withoutPasswords(error.stack ?? ""),
    ...(error.cause === undefined || depth >= 5 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

const withoutPasswords = (text: string): string =>
  text.replaceAll(/(:\/\/[^\s:@/]*:)[^\s@/]+@/g, "$1[secret]@").replaceAll(/\b(rc_|xox[a-z]-)[\w-]{6,}/g, "$1[secret]");

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
