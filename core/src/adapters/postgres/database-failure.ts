import { Failure, isFailure } from "../../domain/failure.ts";

// Classes of SQLSTATE that say something about the server or the connection, none about our statements:
// https://www.postgresql.org/docs/15/errcodes-appendix.html
const AWAY_CLASSES: Readonly<Record<string, string>> = {
  "08": "PostgreSQL does not answer",
  "28": "PostgreSQL does not let us in",
  "3D": "PostgreSQL has no such database",
  "40": "PostgreSQL is too busy with other work on the same rows",
  "53": "PostgreSQL has no room or memory left",
  "57": "PostgreSQL ended the connection or the statement",
  "58": "PostgreSQL cannot read or write its files",
};
const AWAY_CODES: Readonly<Record<string, string>> = {
  "25006": "PostgreSQL is read-only",
  "25P03": "PostgreSQL ended a transaction in which nothing was done for five seconds",
  "53100": "PostgreSQL's disk is full",
  "53300": "PostgreSQL has no connection left",
  "55P03": "PostgreSQL is too slow: another transaction holds a lock for more than a second",
  "57014": "PostgreSQL is too slow: a statement took more than two seconds",
  "57P03": "PostgreSQL is starting",
};
// Errors that pg itself makes have no code; these are their texts (pg 8.23, client.js, query.js; pg-pool 3, index.js).
const CLIENT_MESSAGES = [
  /connection terminated/i,
  /timeout exceeded when trying to connect/i,
  /query read timeout/i,
  /connection error and is not queryable/i,
  /client was closed and is not queryable/i,
  /timeout expired/i,
];
const NETWORK_CODES = /^(E(CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_)|ERR_SOCKET)/;

/** SQLSTATE or the system's code of an error, also of one that a Failure was made of. */
const codeOf = (caught: unknown): string => {
  const error = causeOf(caught);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
};

const causeOf = (error: unknown): unknown => (isFailure(error) ? error.cause : error);

/** Why PostgreSQL cannot do its work at this moment, in words; null if the error is about something else. */
export function whyAway(error: unknown): string | null {
  const code = codeOf(error);
  if (/^[0-9A-Z]{5}$/.test(code)) return AWAY_CODES[code] ?? AWAY_CLASSES[code.slice(0, 2)] ?? null;
  return isConnectionLost(error) ? "PostgreSQL does not answer" : null;
}

/** Whether the connection broke, so that nobody knows what became of the last statement. */
export function isConnectionLost(caught: unknown): boolean {
  const error = causeOf(caught);
  const code = codeOf(error);
  if (/^(08|25P03|57P0)/.test(code) || NETWORK_CODES.test(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost);
  return error instanceof Error && CLIENT_MESSAGES.some((pattern) => pattern.test(error.message));
}

/** The server is a standby, perhaps since a failover: a connection made now may lead to the one that can write. */
export const isReadOnly = (error: unknown): boolean => codeOf(error) === "25006";

/** Two transactions got in each other's way; the same again may succeed. */
export const isClash = (error: unknown): boolean => ["40001", "40P01"].includes(codeOf(error));

/** The role that we are there may not do that. */
export const isForbidden = (error: unknown): boolean => codeOf(error) === "42501";

/** Whether the row refers to one that does not exist. */
export const isForeignKeyViolation = (error: unknown): boolean => codeOf(error) === "23503";

/** What a caught error of PostgreSQL is for a caller: a Failure if it is away, else the error itself, a bug. */
export function asFailure(error: unknown): unknown {
  if (isFailure(error)) return error;
  const why = whyAway(error);
  return why === null ? error : new Failure("unavailable", why, { cause: error });
}
