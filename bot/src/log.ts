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
export function describeError(error: unknown, depth = 0): unknown {
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

/** The same function, called at most once in `everyMs`; calls in between are left out. */
export function seldom<Value>(everyMs: number, tell: (value: Value) => void): (value: Value) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (value) => {
    const now = performance.now();
    if (now - toldAt < everyMs) return;
    toldAt = now;
    tell(value);
  };
}
