import { setTimeout as pause } from "node:timers/promises";
import type { ActContext, StageResult } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";

/** Name of the command that cancels a run of diagnostics. Its accepted row is the sign; the run looks for it. */
export const CANCEL_COMMAND = "diag-cancel";

const LOOK_MS = 500;
/** One run is under way at a time, and one wish to cancel each. */
const NEWEST = 20;

/**
 * Runs a check, unless somebody cancels the run before or meanwhile: then it is not waited for.
 * @param check changes nothing, so that it may be left alone
 */
export async function unlessCancelled(context: ActContext, check: () => Promise<StageResult>): Promise<StageResult> {
  const before = await cancellationOf(context);
  if (before !== null) return before;
  const over = new AbortController();
  try {
    return await Promise.race([check(), untilCancelled(context, over.signal)]);
  } finally {
    over.abort();
  }
}

async function untilCancelled(context: ActContext, signal: AbortSignal): Promise<StageResult> {
  for (;;) {
    // Nobody waits any more once it is aborted, so what comes then goes nowhere.
    if (await pause(LOOK_MS, false, { signal }).catch(() => true)) return new Promise(() => undefined);
    const cancelled = await cancellationOf(context);
    if (cancelled !== null) return cancelled;
  }
}

/** @returns null if nobody has cancelled it, or nobody can tell now */
async function cancellationOf({ ports, operation }: ActContext): Promise<StageResult | null> {
  const wishes = await ports.operations.list({ command: CANCEL_COMMAND, limit: NEWEST }).catch(unlessBug);
  const wish = wishes.find((candidate) => cancels(candidate, operation));
  if (wish === undefined) return null;
  return leftBy(wish.actor.name);
}

/** A check that is not waited for any more. */
export function leftBy(name: string): StageResult {
  const words = `cancelled by ${name}`;
  return { state: "skipped", detail: words, memory: { evidence: words, next: null }, ending: "cancelled" };
}

const cancels = ({ command, input, ending }: Operation, { id }: Operation): boolean =>
  command === CANCEL_COMMAND && ending !== "refused" && (input as { run?: unknown } | null)?.run === id;

function unlessBug(error: unknown): Operation[] {
  if (!isFailure(error)) throw error;
  return [];
}
