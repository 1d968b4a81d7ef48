import { setTimeout as pause } from "node:timers/promises";
import { type Failure, isFailure } from "./domain/failure.ts";

/** What came of waiting: the value, or nothing, and then perhaps why nobody could look. */
export interface Waited<Value> {
  readonly value: Value | null;
  readonly failure: Failure | null;
}

/**
 * Looks again and again until there is something to see. Who does not answer is asked again until the time is over.
 * @param look null: not yet
 */
export async function waitUntil<Value>(
  look: () => Promise<Value | null>,
  { withinMs, everyMs }: { withinMs: number; everyMs: number },
): Promise<Waited<Value>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await attempt(look);
    if (found.value !== null || performance.now() >= deadline) return found;
    await pause(everyMs);
  }
}

async function attempt<Value>(look: () => Promise<Value | null>): Promise<Waited<Value>> {
  try {
    return { value: await look(), failure: null };
  } catch (error) {
    if (!isFailure(error) || error.code !== "unavailable") throw error;
    return { value: null, failure: error };
  }
}
