import type { Redis } from "ioredis";
import type { Keys } from "../../protocol/keys.ts";
import { INBOX_GROUP } from "../../protocol/keys.ts";

interface Inbox {
  readonly key: string;
  /** Everything before it was delivered and acknowledged. */
  readonly firstNeeded: string;
}

/**
 * Removes control messages that were delivered and acknowledged. What is pending or not delivered yet stays: trimming by
 * length would destroy it (redis issue 10756), so it is done by the oldest id that is still needed.
 * @returns how many entries were removed
 */
export async function trimInboxes(redis: Redis, keys: Keys, agents: readonly string[]): Promise<number> {
  const inboxes = await findFirstNeeded(redis, agents.map(keys.inbox));
  if (inboxes.length === 0) return 0;
  const pipeline = redis.pipeline();
  for (const { key, firstNeeded } of inboxes) pipeline.xtrim(key, "MINID", firstNeeded);
  const removed = (await pipeline.exec()) ?? [];
  return removed.reduce((sum, [error, count]) => sum + (error === null ? Number(count) : 0), 0);
}

async function findFirstNeeded(redis: Redis, inboxes: readonly string[]): Promise<Inbox[]> {
  const pipeline = redis.pipeline();
  // In this order: what is delivered between the two is pending, or newer than the last one that was seen delivered.
  for (const key of inboxes) pipeline.xinfo("GROUPS", key).xpending(key, INBOX_GROUP);
  const answers = (await pipeline.exec()) ?? [];
  return inboxes.flatMap((key, index) => {
    const [groupsError, groups] = answers[2 * index] ?? [];
    const [pendingError, pending] = answers[2 * index + 1] ?? [];
    // An agent that never started has no inbox, or no group yet: nothing there was delivered.
    if (groupsError || pendingError) return [];
    const delivered = lastDelivered(groups);
    const oldestPending = (pending as [number, string | null] | undefined)?.[1] ?? null;
    return delivered === null ? [] : [{ key, firstNeeded: oldestPending ?? delivered }];
  });
}

/** Of the inbox's group; null if the inbox has another group beside it, whose needs nobody knows. */
function lastDelivered(groups: unknown): string | null {
  const rows = groups as readonly (readonly unknown[])[];
  const [row] = rows;
  if (rows.length !== 1 || row === undefined) return null;
  const fields = new Map(row.flatMap((value, index) => (index % 2 === 0 ? [[String(value), row[index + 1]]] : [])));
  return fields.get("name") === INBOX_GROUP ? String(fields.get("last-delivered-id")) : null;
}
