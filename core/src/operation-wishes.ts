import { setTimeout as sleep } from "node:timers/promises";
import { isFailure } from "./domain/failure.ts";
import type { Operation } from "./domain/operation.ts";
import type { Operations } from "./ports/operations.ts";

/** Names of the commands that are about an operation. Their accepted rows are the signs; the executor looks for them. */
export const CANCEL_OPERATION = "cancel";
export const CONTINUE_OPERATION = "continue";

/** What people want of an operation that is under way. */
export interface Wishes {
  /** Who wants it to end where it stands; null: nobody. */
  readonly cancelledBy: string | null;
  /** Who lets it go on after its last stop; null: nobody has answered that yet. */
  readonly continuedBy: string | null;
  /** Id of the newest `continue`, whatever stop it was for. */
  readonly answered: string | null;
}

/** One wish about an operation is under way at a time, so there are few of them. */
const NEWEST = 20;

/** @throws Failure "unavailable" if nobody can tell now */
export async function readWishes({ id, bulk }: Operation, operations: Pick<Operations, "list">): Promise<Wishes> {
  const rows = (await operations.list({ agent: id, limit: NEWEST })).filter((row) => isAbout(row, id));
  const stop = bulk?.stops.at(-1);
  const cancel = rows.find(({ command }) => command === CANCEL_OPERATION);
  // Newest first.
  const goOn = rows.find(({ command }) => command === CONTINUE_OPERATION);
  const isAnswer = stop !== undefined && goOn !== undefined && numberOf(goOn.id) > numberOf(stop.answered);
  return {
    cancelledBy: cancel?.actor.name ?? null,
    continuedBy: isAnswer ? goOn.actor.name : null,
    answered: goOn?.id ?? null,
  };
}

/** Who lost the right to it before it was looked at has wished for nothing. */
const isAbout = ({ input, ending }: Operation, id: string): boolean =>
  ending !== "refused" && (input as { operation?: unknown } | null)?.operation === id;

const numberOf = (id: string | null): number => (id === null ? 0 : Number(id.slice("op-".length)));

/** Looks for wishes now and then while an operation is carried out. */
export interface WishWatch {
  /** Who wants it to end, as far as is known. */
  cancelledBy(): string | null;
  /** Resolves with the name of who wants it to end, once somebody does. */
  readonly cancelled: Promise<string>;
  /** Looks at once. @throws Failure "unavailable" */
  look(): Promise<Wishes>;
  stop(): void;
}

interface Watching {
  readonly operations: Pick<Operations, "list">;
  readonly everyMs: number;
  readonly onBug: (error: unknown) => void;
}

export function watchWishes(current: () => Operation, { operations, everyMs, onBug }: Watching): WishWatch {
  const over = new AbortController();
  const cancelled = Promise.withResolvers<string>();
  let by: string | null = null;
  async function look(): Promise<Wishes> {
    const wishes = await readWishes(current(), operations);
    if (wishes.cancelledBy !== null) {
      by = wishes.cancelledBy;
      cancelled.resolve(by);
    }
    return wishes;
  }
  async function lookOn(): Promise<void> {
    while (by === null && (await sleep(everyMs, true, { signal: over.signal, ref: false }).catch(() => false))) {
      try {
        await look();
      } catch (error) {
        // Who cannot be asked now is asked again.
        if (!isFailure(error)) return onBug(error);
      }
    }
  }
  void lookOn();
  return { cancelledBy: () => by, cancelled: cancelled.promise, look, stop: () => over.abort() };
}
