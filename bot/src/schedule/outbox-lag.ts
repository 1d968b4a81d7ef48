import { Failure } from "@rollcall/core/domain/failure.ts";
import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { Publications } from "@rollcall/core/ports/publications.ts";
import type { SlackMetrics } from "../metrics/slack.ts";

/** Messages looked at; more than that is a storm anyway. */
const AT_MOST = 1_000;
/** Slack's own limits slow a burst down to 40 edits a minute; later than this it is an outage. */
const LATE_SECONDS = 60;

/**
 * How far the messages in Slack are behind their rows. A message counts from when it was first seen behind.
 * @returns a probe for readiness: its words, or a Failure "unavailable" when the oldest has waited for over a minute
 */
export function watchOutbox(
  publications: Pick<Publications, "behind">,
  { clock, metrics }: { clock: Clock; metrics: SlackMetrics },
): () => Promise<string> {
  let firstSeen = new Map<string, number>();
  return async () => {
    const now = clock.now();
    const behind = await publications.behind(AT_MOST);
    firstSeen = new Map(behind.map(({ key }) => [key, firstSeen.get(key) ?? now]));
    const oldestSeconds = Math.max(0, ...[...firstSeen.values()].map((at) => (now - at) / 1000));
    metrics.outbox({ waiting: behind.length, oldestSeconds });
    const words = `${behind.length} ${behind.length === 1 ? "message" : "messages"} behind, the oldest for ${Math.round(oldestSeconds)} s`;
    if (oldestSeconds > LATE_SECONDS) throw new Failure("unavailable", words);
    return words;
  };
}
