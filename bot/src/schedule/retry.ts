import { setTimeout as sleep } from "node:timers/promises";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Logger } from "pino";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

export interface RetryOptions {
  /** What is being tried, for the log: "migrations". */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly log: Pick<Logger, "warn" | "info">;
}

/**
 * Tries until it works, with longer and longer pauses, as long as the failure is that something is unavailable.
 * @returns what it gave, or null if it was told to end before
 * @throws whatever is not a Failure "unavailable": trying again would not help
 */
export async function retryWhileUnavailable<Value>(
  attempt: () => Promise<Value>,
  { what, signal, log }: RetryOptions,
): Promise<Value | null> {
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      const value = await attempt();
      if (tries > 0) log.info({ what, tries }, "it works now");
      return value;
    } catch (error) {
      if (!isFailure(error) || error.code !== "unavailable") throw error;
      if (tries === 0) log.warn({ what, err: error }, "not possible yet, it goes on trying");
      const ms = Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS);
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}
