import type { Ports } from "@rollcall/core/command.ts";
import type { DroppedLetters } from "@rollcall/core/ports/event-bus.ts";
import type { Logger } from "pino";
import type { DeadLetterMetrics } from "../metrics/dead-letters.ts";

const DAY_MS = 86_400_000;
/** Below what agents themselves keep of a topic, so that what is dropped is dropped here, and counted. */
const MOST_OF_A_TOPIC = 9000;

interface Deps {
  readonly ports: Pick<Ports, "registry" | "events">;
  readonly metrics: DeadLetterMetrics;
  readonly log: Pick<Logger, "warn">;
}

/** Drops dead letters that nobody has dealt with for so many days, and says how many are lost. */
export async function dropOldLetters(days: number, { ports, metrics, log }: Deps): Promise<DroppedLetters> {
  const { topics } = await ports.registry.expected();
  const dropped = await ports.events.dropLetters({ topics, keepMs: days * DAY_MS, most: MOST_OF_A_TOPIC });
  metrics.dropped(dropped);
  const { byAge: by_age, byNumber: by_number } = dropped;
  if (by_age + by_number > 0)
    log.warn({ by_age, by_number, days }, "dead letters were dropped, nobody decided on them");
  return dropped;
}
