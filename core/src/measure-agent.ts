import type { Ports } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import type { Measured } from "./domain/operation.ts";
import type { Heartbeat } from "./protocol.ts";

/** A process that has lived for less has no rate yet: it is still taking up what waited. */
const YOUNG_SECONDS = 10;

/** Looks at one agent's work over the bus. What cannot be read is null: nobody waits for a figure, and no operation fails by it. */
export async function measureAgent(agent: string, { bus, clock }: Pick<Ports, "bus" | "clock">): Promise<Measured> {
  const [waiting, presence] = await Promise.all([
    orNull(() => bus.readWaiting(agent)),
    orNull(() => bus.readPresence([agent])),
  ]);
  const isKnown = waiting?.every(({ lag }) => lag !== null) ?? false;
  return {
    at: clock.now(),
    waiting:
      waiting !== null && isKnown ? waiting.reduce((sum, { lag, pending }) => sum + (lag ?? 0) + pending, 0) : null,
    ...workOf(presence?.get(agent)?.beat ?? null),
  };
}

function workOf(beat: Heartbeat | null): Omit<Measured, "at" | "waiting"> {
  if (beat === null) return { version: null, handled: null, failed: null, perSecond: null };
  const totals = Object.values(beat.tasks);
  const failed = totals.reduce((sum, one) => sum + one.failed, 0);
  const handled = totals.reduce((sum, one) => sum + one.done, failed);
  const seconds = (beat.at - beat.startedAt) / 1000;
  return { version: beat.version, handled, failed, perSecond: seconds < YOUNG_SECONDS ? null : handled / seconds };
}

async function orNull<Result>(read: () => Promise<Result>): Promise<Result | null> {
  try {
    return await read();
  } catch (error) {
    if (isFailure(error)) return null;
    throw error;
  }
}
