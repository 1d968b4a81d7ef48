import type { Redis } from "ioredis";
import { PLANNED_WORK_KEPT_MS, type PlannedWork } from "../../domain/planned-work.ts";
import type { Keys } from "../../protocol/keys.ts";

/** Notes that this work is being done at `now`, Redis time in ms, and forgets what was done long before. */
export async function markPlannedWork(
  redis: Pick<Redis, "zadd" | "zremrangebyscore">,
  { plannedWork: key }: Pick<Keys, "plannedWork">,
  { works, now }: { works: readonly PlannedWork[]; now: number },
): Promise<void> {
  await redis.zremrangebyscore(key, "-inf", now - PLANNED_WORK_KEPT_MS);
  const members = works.flatMap(({ agent, work }) => [now, `${agent} ${work}`]);
  if (members.length > 0) await redis.zadd(key, ...members);
}
