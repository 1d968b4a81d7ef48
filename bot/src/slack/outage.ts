import type { ChatOutcome } from "@rollcall/core/adapters/slack/chat-outcome.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { SlackLog } from "./settings.ts";

/** A message that could not be shown for this long says so. */
const BEHIND_MS = 60_000;

/** Since when Slack has not taken messages, so that the first one after it can say how late it is. */
export interface Outage {
  heard(outcome: ChatOutcome): void;
  /** @param since when a new message's matter happened; null for an edit @returns null while it is in time */
  behindMinutes(since: number | null): number | null;
}

export function createOutage(clock: Clock, log: SlackLog): Outage {
  let awaySince: number | null = null;
  return {
    heard({ kind }) {
      if (kind === "unknown" || kind === "later") {
        if (awaySince === null) log.warn({}, "Slack does not take messages");
        awaySince ??= clock.now();
      } else if (awaySince !== null) {
        log.info({ seconds: (clock.now() - awaySince) / 1000 }, "Slack takes messages again");
        awaySince = null;
      }
    },
    behindMinutes(since) {
      const from = since ?? awaySince;
      if (from === null) return null;
      const late = clock.now() - from;
      return late < BEHIND_MS ? null : Math.round(late / 60_000);
    },
  };
}
