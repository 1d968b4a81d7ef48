import type { Redis } from "ioredis";
import { messageOf } from "./log.ts";

/** Pauses; ends early, without an error, when the signal aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** The agent ends while something waits for Redis; what was not done stays on the bus. */
export class Interrupted extends Error {}

/**
 * Does it until Redis has answered: an outage is no reason to lose work.
 * @throws Interrupted when the signal aborts; the error itself if trying again cannot help
 */
export async function persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    if (signal.aborted) throw new Interrupted("the agent is ending");
    try {
      return await work();
    } catch (error) {
      if (isFinal(error)) throw error;
      await pause(backoffMs(attempt), signal);
    }
  }
}

/** 50 ms, doubling to 1 s, with jitter so that a fleet does not come back in one moment. */
export const backoffMs = (attempt: number): number => Math.min(1000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2);

// Redis says so itself: another try gives the same answer. Everything else (OOM, LOADING, READONLY, WRONGPASS, a lost
// connection) can change without us.
const isFinal = (error: unknown): boolean => /^(NOPERM|WRONGTYPE|ERR |CROSSSLOT)/.test(messageOf(error));

export const isMissingGroup = (error: unknown): boolean => /NOGROUP|stream key no longer exists/.test(messageOf(error));

/** Makes the consumer group from the stream's beginning, if it is not there yet. */
export async function ensureGroup(client: Redis, stream: string, group: string): Promise<void> {
  try {
    await client.xgroup("CREATE", stream, group, "0", "MKSTREAM");
  } catch (error) {
    if (!messageOf(error).startsWith("BUSYGROUP")) throw error;
  }
}

/** Resolves when the connection can take commands, or the signal aborts. */
export async function untilReady(client: Redis, signal: AbortSignal): Promise<void> {
  while (client.status !== "ready" && !signal.aborted) await pause(20, signal);
}
