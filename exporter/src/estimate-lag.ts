import { compareIds } from "@rollcall/core/adapters/redis/read-topics.ts";
import type { GroupReading, StreamReading } from "./reading.ts";

/**
 * About how many entries wait for a group whose lag Redis cannot tell: by the times in the ids, as if entries had come
 * evenly. Exact where none waits, and where none was handed out of what is still there; else at least 1.
 * @returns null if Redis tells the lag
 */
export function estimateLag(
  { entries, firstId, lastId }: Pick<StreamReading, "entries" | "firstId" | "lastId">,
  { lag, lastDelivered }: Pick<GroupReading, "lag" | "lastDelivered">,
): number | null {
  if (lag !== null) return null;
  if (firstId === null || lastId === null || compareIds(lastId, lastDelivered) <= 0) return 0;
  if (compareIds(firstId, lastDelivered) > 0) return entries;
  const [first, last, delivered] = [timeOf(firstId), timeOf(lastId), timeOf(lastDelivered)];
  const share = last === first ? 0 : (last - delivered) / (last - first);
  // The entry that was handed out last is one of those that are still there, or lies between them.
  return Math.max(1, Math.min(entries - 1, Math.round(share * entries)));
}

/** Milliseconds in the id of a stream's entry. */
const timeOf = (id: string): number => Number.parseInt(id, 10);
