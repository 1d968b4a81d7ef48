import type { Limit } from "@rollcall/core/domain/limits.ts";

/**
 * How many deliveries one control service takes: a bucket that fills evenly. In this process only, because what it keeps
 * from being flooded is this process and its connections, and asking another one for each delivery would cost more than it saves.
 * @returns whether there is room for one more
 */
export function createDeliveryRate(limit: Limit | null, { now }: { now(): number }): () => boolean {
  if (limit === null) return () => true;
  const perMs = limit.most / (limit.seconds * 1000);
  let room = limit.most;
  let at = now();
  return () => {
    const moment = now();
    room = Math.min(limit.most, room + Math.max(0, moment - at) * perMs);
    at = moment;
    if (room < 1) return false;
    room -= 1;
    return true;
  };
}
