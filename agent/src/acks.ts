import { setImmediate as turn } from "node:timers/promises";
import type { Redis } from "ioredis";
import { backoffMs, pause } from "./persist.ts";

/** Acknowledges what is done, many at a time; keeps on until Redis has taken it. */
export interface Acks {
  add(id: string): void;
  /** Resolves when all are taken, or the signal aborts. */
  flushed(): Promise<void>;
}

export function createAcks(target: { control: Redis; stream: string; group: string }, signal: AbortSignal): Acks {
  const waiting = new Set<string>();
  let flushing: Promise<void> | null = null;
  const flush = async () => {
    await turn(); // One XACK for everything that is finished in this turn.
    for (let attempt = 0; waiting.size > 0 && !signal.aborted; attempt += 1) {
      const ids = [...waiting];
      try {
        await target.control.xack(target.stream, target.group, ...ids);
        for (const id of ids) waiting.delete(id);
        attempt = 0;
      } catch {
        await pause(backoffMs(attempt), signal); // Redis is away; the ids are kept.
      }
    }
  };
  return {
    add(id) {
      waiting.add(id);
      flushing ??= flush().finally(() => {
        flushing = null;
      });
    },
    async flushed() {
      await flushing;
    },
  };
}
