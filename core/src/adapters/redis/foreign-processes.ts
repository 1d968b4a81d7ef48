import type { Redis } from "ioredis";
import { ageSeconds } from "../../domain/freshness.ts";
import type { Keys } from "../../protocol/keys.ts";
import { resultsOf } from "./connection.ts";
import { millisOf } from "./read-topics.ts";

/** Written every 5 s; older than this it is not known any more. */
const PROCESS_KNOWN_SECONDS = 30;

/** Stores for each foreign agent whether its process is up, and when that was seen; who is not named is forgotten. */
export async function markProcesses(redis: Redis, keys: Keys, up: ReadonlyMap<string, boolean>): Promise<void> {
  const now = millisOf(await redis.time());
  const marks = [...up].flatMap(([agent, isUp]) => [agent, `${isUp ? "up" : "down"} ${now}`]);
  const change = redis.multi().del(keys.processes);
  if (marks.length > 0) change.hset(keys.processes, ...marks);
  resultsOf(await change.exec());
}

/** @param mark as it stands in Redis @param now Redis time in ms @returns null: not known */
export function isMarkedUp(mark: string | null, now: number): boolean | null {
  const [, state, at] = /^(up|down) (\d{1,15})$/.exec(mark ?? "") ?? [];
  if (state === undefined || ageSeconds(Number(at), now) > PROCESS_KNOWN_SECONDS) return null;
  return state === "up";
}
