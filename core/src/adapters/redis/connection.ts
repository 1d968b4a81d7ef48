import { Redis } from "ioredis";
import { Failure, isFailure } from "../../domain/failure.ts";

/** Longest wait for an answer; blocking reads stay below it. */
export const REDIS_TIMEOUT_MS = 3000;

export interface RedisOptions {
  readonly url: string;
  /** Shown in CLIENT LIST: "rollcall-control". */
  readonly name: string;
  /** Called on every lost connection and failed attempt; it reconnects by itself. */
  readonly onProblem?: (error: Error) => void;
}

/**
 * A connection to Redis for the control path: every command answers or fails within 3 s, and it reconnects for ever.
 * A command whose connection is lost is not sent a second time, because the first may have had its effect.
 */
export function connectRedis(options: RedisOptions): Redis {
  const redis = new Redis(options.url, {
    // RESP3 costs more for what is sent here (reference: 211k against 193k commands/s).
    protocol: 2,
    connectionName: options.name,
    disableClientInfo: true,
    commandTimeout: REDIS_TIMEOUT_MS,
    connectTimeout: REDIS_TIMEOUT_MS,
    // A half-open link shows no error at all: without this a reader stays silent after the link has healed.
    socketTimeout: REDIS_TIMEOUT_MS + 1000,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1000),
    // After a failover the old master, now a replica, keeps our connection: only a new one leads to the new master.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  redis.on("error", (error: Error) => options.onProblem?.(error));
  return redis;
}

/** Runs commands; whatever goes wrong becomes a Failure. @throws Failure "unavailable" */
export async function withRedis<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (isFailure(error)) throw error;
    throw new Failure("unavailable", whyUnavailable(error), { cause: error });
  }
}

// First words of Redis' refusals that are about its state and not about the command (redis 7.0, server.c and acl.c).
const REFUSALS: Readonly<Record<string, string>> = {
  LOADING: "Redis is loading its data",
  MASTERDOWN: "Redis is a replica that has lost its master",
  MISCONF: "Redis cannot write to its disk",
  NOAUTH: "Redis does not let us in",
  NOPERM: "Redis does not allow us a command",
  NOREPLICAS: "Redis takes nothing: too few replicas are connected to it",
  OOM: "Redis takes nothing: its memory is full",
  READONLY: "Redis is a read-only replica",
  WRONGPASS: "Redis does not let us in",
};

function whyUnavailable(error: unknown): string {
  if (!(error instanceof Error) || error.name !== "ReplyError") return "Redis does not answer";
  return REFUSALS[error.message.split(" ", 1)[0] ?? ""] ?? "Redis refused a command";
}

type Outcomes = [error: Error | null, result: unknown][] | null;

/** Results of a pipeline. @throws the first error in it */
export function resultsOf(outcomes: Outcomes): unknown[] {
  if (outcomes === null) throw new Error("the pipeline was not executed");
  return outcomes.map(([error, result]) => {
    if (error) throw error;
    return result;
  });
}
