import { lostOf } from "@rollcall/core/adapters/redis/read-topics.ts";
import { estimateLag } from "./estimate-lag.ts";
import type { FleetPlan } from "./fleet-plan.ts";
import { keyOf } from "./group-details-reader.ts";
import type { GroupDetails, GroupReading, Reading, StreamReading } from "./reading.ts";
import type { SubscriptionView, TopicView } from "./snapshot.ts";

type StreamView = Omit<TopicView, "topic" | "latency">;
/** What an exporter tells of a topic that another one shows. */
export const OF_ANOTHER_SHARD: StreamView = {
  ...{ added: null, entries: null, deadLetters: null, deadLettersHeld: null, subscriptions: [] },
};

/** What is shown of a topic, beside what its agents tell. */
export function viewStream(topic: string, reading: Reading, subscribers: FleetPlan["subscribers"]): StreamView {
  const stream = reading.topics.get(topic) ?? null;
  const cut = reading.lost.get(topic) ?? null;
  return {
    added: stream?.added ?? null,
    entries: stream?.entries ?? null,
    deadLetters: reading.deadLetters.get(topic)?.added ?? null,
    deadLettersHeld: reading.deadLetters.get(topic)?.entries ?? null,
    subscriptions: [...(subscribers.get(topic) ?? [])].map((group) =>
      viewSubscription({ topic, group, stream, cut, details: reading.groupDetails.get(keyOf(topic, group)) }),
    ),
  };
}

interface SeenSubscription {
  readonly topic: string;
  readonly group: string;
  readonly stream: StreamReading | null;
  readonly cut: Readonly<Record<string, string>> | null;
  readonly details: GroupDetails | undefined;
}

function viewSubscription({ topic, group, stream, cut, details }: SeenSubscription): SubscriptionView {
  const found = stream?.groups.find(({ name }) => name === group);
  const lag = found?.lag ?? null;
  const ofGroup = cut === null ? null : lostOf(cut, group);
  return {
    topic,
    group,
    lag,
    // Redis counts what was cut before the group had it as if the group had had it.
    delivered: lag === null || stream === null ? null : stream.added - lag - (ofGroup?.undelivered ?? 0),
    lagEstimate: stream === null || found === undefined ? null : estimateLag(stream, found),
    pending: found?.pending ?? null,
    ...viewDetails(found, details),
    lost: ofGroup,
  };
}

const NO_DETAILS: GroupDetails = { readAt: null, oldestPendingAt: null, oldestPendingDeliveries: null };

/** Details are read by turns: what was in hand then need not be any more. */
function viewDetails(group: GroupReading | undefined, details: GroupDetails = NO_DETAILS): GroupDetails {
  if (group === undefined) return NO_DETAILS;
  return group.pending > 0 ? details : { ...NO_DETAILS, readAt: details.readAt };
}
