import type { Redis } from "ioredis";
import type { DroppedLetters, LetterLimits } from "../../ports/event-bus.ts";
import type { Keys } from "../../protocol/keys.ts";
import { resultsOf } from "./connection.ts";
import { millisOf } from "./read-topics.ts";

/** Takes dead letters off that nobody dealt with in time, and the oldest where too many lie. */
export async function dropLetters(redis: Redis, keys: Keys, limits: LetterLimits): Promise<DroppedLetters> {
  const { topics, keepMs, most } = limits;
  if (topics.length === 0) return { byAge: 0, byNumber: 0 };
  const before = millisOf(await redis.time()) - keepMs;
  const pipeline = redis.pipeline();
  for (const topic of topics) {
    const stream = keys.deadLetters(topic);
    pipeline.xtrim(stream, "MINID", before).xtrim(stream, "MAXLEN", most);
  }
  const counts = resultsOf(await pipeline.exec()).map(Number);
  const sumOf = (place: number): number => counts.filter((_, at) => at % 2 === place).reduce((sum, n) => sum + n, 0);
  return { byAge: sumOf(0), byNumber: sumOf(1) };
}
