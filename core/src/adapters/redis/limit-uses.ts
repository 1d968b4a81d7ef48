import { createHash, randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { Failure } from "../../domain/failure.ts";
import type { Clock } from "../../ports/clock.ts";
import type { LimitedUse, LimitStore, NamedLimit, UsedUp } from "../../ports/limit-store.ts";
import { connectRedis, type RedisOptions, resultsOf, withRedis } from "./connection.ts";

/** A read does not wait longer than this to be counted. */
const WAIT_MS = 250;

export interface LimitUsesOptions extends Pick<RedisOptions, "url" | "clusterOf" | "onProblem"> {
  readonly fleet: string;
  readonly clock: Clock;
}

/** Limits counted in Redis: a sorted set of moments per principal and limit, as long as the limit, gone after its time. */
export interface RedisLimitUses extends LimitStore {
  close(): void;
}

/** Opens a connection of its own: what waits for the bus must not be waited for here. */
export function openLimitUses({ fleet, clock, ...options }: LimitUsesOptions): RedisLimitUses {
  const redis = connectRedis({ ...options, name: "rollcall-limits" });
  return {
    async take(use) {
      // Without a connection commands would wait in line for it.
      if (redis.status !== "ready") throw new Failure("unavailable", "Redis does not answer");
      return await soon(withRedis(() => takeAll(redis, { fleet, use, now: clock.now() })));
    },
    close: () => redis.disconnect(),
  };
}

interface Taking {
  readonly fleet: string;
  readonly use: LimitedUse;
  readonly now: number;
}

async function takeAll(redis: Redis, { fleet, use, now }: Taking): Promise<UsedUp | null> {
  const member = `${now} ${use.wish ?? randomUUID()}`;
  const taken: string[] = [];
  for (const limit of use.limits) {
    const key = keyOf(fleet, use.principal, limit);
    const freeAt = await takeOne(redis, { key, member, limit, now });
    taken.push(key);
    if (freeAt === null) continue;
    await Promise.all(taken.map((one) => redis.zrem(one, member)));
    return { name: limit.name, freeAt };
  }
  return null;
}

/** Adds itself and counts in one transaction. @returns null, or when there is a place */
async function takeOne(
  redis: Redis,
  { key, member, limit, now }: { key: string; member: string; limit: NamedLimit; now: number },
): Promise<number | null> {
  const spanMs = limit.seconds * 1000;
  const results = resultsOf(
    await redis
      .multi()
      .zremrangebyscore(key, "-inf", now - spanMs)
      .zadd(key, now, member)
      .pexpire(key, spanMs)
      .zcard(key)
      .exec(),
  );
  const count = Number(results.at(-1));
  if (count <= limit.most) return null;
  const place = count - 1 - limit.most;
  const [, score] = await redis.zrange(key, String(place), String(place), "WITHSCORES");
  return Number(score ?? now) + spanMs;
}

/** A principal may be text from outside, so a key holds its hash. */
const keyOf = (fleet: string, principal: string, { name }: NamedLimit): string =>
  `rc:{${fleet}}:limit:${name}:${createHash("sha256").update(principal).digest("hex").slice(0, 32)}`;

async function soon<Result>(answer: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Failure("unavailable", "Redis does not answer in time")), WAIT_MS);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => undefined);
  }
}
