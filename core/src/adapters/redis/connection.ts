import { Redis } from "ioredis";
import { Failure, isFailure } from "../../domain/failure.ts";
import { GREETING_TIMEOUT_MS, giveUpIfSilent } from "../../protocol/greeting.ts";
import { keysOf } from "../../protocol/keys.ts";
import { openCluster } from "./cluster-client.ts";
import { whyUnavailable } from "./redis-failure.ts";

/** Longest wait for an answer; blocking reads stay below it. */
export const REDIS_TIMEOUT_MS = 3000;

// A link that has healed is used again after at most one try that fell into its silence, and the pause behind it: below 2 s.
const LONGEST_PAUSE_MS = 500;

export interface RedisOptions {
  readonly url: string;
  /** Shown in CLIENT LIST: "rollcall-control". */
  readonly name: string;
  /** Fleet whose Redis Cluster it is: `url` is that of any node then. Nothing for one server. */
  readonly clusterOf?: string | undefined;
  /** Called on every lost connection and failed attempt; it reconnects by itself. */
  readonly onProblem?: (error: Error) => void;
}

/**
 * A connection to Redis for the control path: every command answers or fails within 3 s, and it reconnects for ever.
 * A command whose connection is lost is not sent a second time, because the first may have had its effect.
 */
export function connectRedis({ url, name, clusterOf, onProblem }: RedisOptions): Redis {
  const options = {
    // RESP3 costs more for what is sent here (reference: 211k against 193k commands/s).
    protocol: 2 as const,
    connectionName: name,
    disableClientInfo: true,
    commandTimeout: REDIS_TIMEOUT_MS,
    connectTimeout: GREETING_TIMEOUT_MS,
    // A half-open link shows no error at all: without this a reader stays silent after the link has healed.
    socketTimeout: REDIS_TIMEOUT_MS + 1000,
    autoResendUnfulfilledCommands: false,
    // What was under way when the connection was lost fails with it, at once; it never waits for its time limit.
    maxRetriesPerRequest: 0,
    // After a failover the old master, now a replica, keeps our connection: only a new one leads to the new master.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  };
  const retryStrategy = (attempt: number) => Math.min(100 * attempt, LONGEST_PAUSE_MS);
  const redis =
    clusterOf === undefined
      ? watchGreeting(new Redis(url, { ...options, retryStrategy }))
      : openCluster({ url, timeKey: keysOf(clusterOf).canaryRound }, options, retryStrategy);
  redis.on("error", (error: Error) => onProblem?.(error));
  redis.on("node error", (error: Error) => onProblem?.(error));
  return redis;
}

const watchGreeting = (redis: Redis): Redis => redis.on("connect", () => giveUpIfSilent(redis.stream));

/**
 * Runs commands. What is about Redis or the way to it becomes a Failure; a mistake of ours stays what it is, so that nobody
 * waits for a Redis that is well.
 * @throws Failure "unavailable"; any other error is a bug
 */
export async function withRedis<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    const why = isFailure(error) ? null : whyUnavailable(error);
    if (why === null) throw error;
    throw new Failure("unavailable", why, { cause: error });
  }
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

/** All answers of a pipeline, refusals among them. @throws the error of a lost connection, which fails every command */
export function answersOf(outcomes: Outcomes): NonNullable<Outcomes> {
  const lost = outcomes?.find(([error]) => error !== null && error.name !== "ReplyError");
  if (outcomes === null || lost) throw lost?.[0] ?? new Error("the pipeline was not executed");
  return outcomes;
}
