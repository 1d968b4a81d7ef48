const SILENT = "Redis does not answer";

// First words of Redis' refusals that are about its state and not about the command (redis 7.0, server.c, acl.c, blocked.c).
const REFUSALS: Readonly<Record<string, string>> = {
  ASK: "Redis is moving its data",
  BUSY: "Redis is busy with a script",
  CLUSTERDOWN: "Redis' cluster is down",
  LOADING: "Redis is loading its data",
  MASTERDOWN: "Redis is a replica that has lost its master",
  MISCONF: "Redis cannot write to its disk",
  MOVED: "Redis is moving its data",
  NOAUTH: "Redis does not let us in",
  NOPERM: "Redis does not allow us a command",
  NOREPLICAS: "Redis takes nothing: too few replicas are connected to it",
  OOM: "Redis takes nothing: its memory is full",
  READONLY: "Redis is a read-only replica",
  TRYAGAIN: "Redis is moving its data",
  UNBLOCKED: "Redis has changed its role",
  WRONGPASS: "Redis does not let us in",
};

/** Errors of the client that are about the connection, by name; the others that it throws are plain. */
const CONNECTION_ERRORS = new Set([
  ...["AbortError", "ClusterAllFailedError", "MaxRetriesPerRequestError", "ParserError", "RedisError"],
]);
const CONNECTION_WORDS =
  /^(?:Connection is closed|Command timed out|Socket timeout|Stream isn't writeable|Unknown RESP type|Cluster is|None of startup nodes|Too many Cluster redirections)/;
/** "ECONNRESET", but not "ERR_INVALID_ARG_TYPE". */
const ERRNO = /^(?!ERR_)E[A-Z0-9_]+$/;

/** Why Redis cannot be used, for people; null if the error is about something else: a mistake of ours. */
export function whyUnavailable(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name === "ReplyError") return whyRefused(error);
  const { code } = error as { code?: unknown };
  const isConnection =
    CONNECTION_ERRORS.has(error.name) ||
    CONNECTION_WORDS.test(error.message) ||
    (typeof code === "string" && ERRNO.test(code));
  return isConnection ? SILENT : null;
}

function whyRefused(error: Error & { previousErrors?: unknown }): string | null {
  const [word = ""] = error.message.split(" ", 1);
  // A MULTI is refused as a whole for what was refused of its parts.
  if (word === "EXECABORT" && Array.isArray(error.previousErrors)) return whyUnavailable(error.previousErrors[0]);
  if (error.message.startsWith("ERR max number of clients")) return "Redis takes no more connections";
  return REFUSALS[word] ?? null;
}
