import type { Redis } from "ioredis";
import { type BusClock, parseTime } from "./clock.ts";

/**
 * Takes the next epoch: max(stored + 1, Redis time in ms), so that a Redis that lost its data never gives an old one again.
 * Anything the connection is used for meanwhile must not be a transaction.
 */
export async function claimEpoch(client: Redis, key: string, clock: BusClock): Promise<number> {
  for (;;) {
    await client.watch(key);
    const stored = Number((await client.get(key)) ?? 0);
    const askedAt = performance.now();
    const time = parseTime(await client.time());
    clock.learn(time, askedAt, performance.now());
    const epoch = Math.max(stored + 1, time);
    const done = await client.multi().set(key, String(epoch)).exec();
    if (done === null) continue; // Somebody else took one between our look and our write.
    const refused = done[0]?.[0];
    if (refused) throw refused;
    return epoch;
  }
}

/** Whether an epoch is still the agent's newest; asks Redis only if the last answer is old. */
export interface Fence {
  /** Resolves to false once a newer epoch is stored. Writes the own one back if Redis lost it. */
  holds(maxAgeMs: number): Promise<boolean>;
  /** The newer epoch, once `holds` was false; null before. */
  newer(): number | null;
}

export function createFence(client: Redis, key: string, epoch: number): Fence {
  let confirmedAt = performance.now();
  let newer: number | null = null;
  return {
    async holds(maxAgeMs) {
      if (newer !== null) return false;
      if (performance.now() - confirmedAt <= maxAgeMs) return true;
      const askedAt = performance.now();
      const stored = Number((await client.get(key)) ?? 0);
      if (stored === 0) await client.set(key, String(epoch), "NX");
      if (stored > epoch) newer = stored;
      confirmedAt = askedAt;
      return newer === null;
    },
    newer: () => newer,
  };
}
