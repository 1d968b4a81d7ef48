import { setImmediate as turn } from "node:timers/promises";
import { isMarkedUp } from "@rollcall/core/adapters/redis/foreign-processes.ts";
import { lostOf } from "@rollcall/core/adapters/redis/read-topics.ts";
import { VerifiedPresence } from "@rollcall/core/adapters/redis/verified-presence.ts";
import { isForeign, provableRung } from "@rollcall/core/domain/foreign-verdict.ts";
import {
  ageSeconds,
  CANARY_ROUND_DEADLINE_SECONDS,
  HEARTBEAT_DEADLINE_SECONDS,
  HEARTBEAT_SECONDS,
} from "@rollcall/core/domain/freshness.ts";
import { judge } from "@rollcall/core/domain/verdict.ts";
import { deriveAgentKey } from "@rollcall/core/protocol/seal.ts";
import type { OtherMajor } from "@rollcall/core/protocol/version.ts";
import { type CompiledFleet, type ExpectedAgent, type Heartbeat, matchTopics } from "@rollcall/core/protocol.ts";
import type { Reading } from "./bus-reader.ts";
import { chooseDetailed, type DetailBudget } from "./choose-detailed.ts";
import { EpochTotals } from "./epoch-totals.ts";
import type { AgentView, Snapshot, SubscriptionView, TopicView } from "./snapshot.ts";
import { StageTotals } from "./stage-totals.ts";
import { SubscriptionWatch } from "./subscription-watch.ts";

export interface BuilderOptions extends DetailBudget {
  readonly fleetKey: string;
  /** Called once for each beat whose seal, form, agent or order is wrong. */
  readonly onRefusedBeat: (agent: string) => void;
}

// About 5 ms.
const CHECKED_AT_ONCE = 500;

/** Makes snapshots of readings, and remembers between them what a single reading cannot tell. */
export class SnapshotBuilder {
  readonly #options: BuilderOptions;
  readonly #presence: VerifiedPresence;
  readonly #keys = new Map<string, string>();
  /** One list for an agent as long as the compiled fleet stays: what is written of it need not be written again. */
  readonly #labels = new WeakMap<ExpectedAgent, readonly string[]>();
  /** By agent: the beat that was refused last, so that one that stays is counted once. */
  readonly #refused = new Map<string, string>();
  /** By agent: its heartbeat, if that is of another major version of the protocol. */
  readonly #otherMajor = new Map<string, OtherMajor>();
  #refusedBeats = 0;
  readonly #subscriptions = new SubscriptionWatch();
  #totals: EpochTotals | null = null;
  #stages: StageTotals | null = null;
  #lastReadingAt: number | null = null;
  #busSince = 0;
  #canariesSince: number | null = null;

  constructor(options: BuilderOptions) {
    this.#options = options;
    this.#presence = new VerifiedPresence((agent) => this.#keyOf(agent));
  }

  /**
   * Checks the seals of a reading before it is built, some at a time: what is checked is remembered, and ten thousand at
   * once would hold up scrapes.
   */
  async check({ fleet, presence, now }: Reading): Promise<void> {
    for (const [index, { id }] of fleet.agents.entries()) {
      this.#presence.open(id, presence.get(id) ?? null, now);
      if (index % CHECKED_AT_ONCE === CHECKED_AT_ONCE - 1) await turn();
    }
  }

  build(reading: Reading): Snapshot {
    const { fleet, now } = reading;
    this.#totals ??= new EpochTotals(now);
    this.#stages ??= new StageTotals(now);
    const expected = new Set(fleet.agents.map(({ id }) => id));
    this.#totals.keepOnly(expected);
    this.#stages.keepOnly(expected);
    this.#watchContinuity(reading);
    const beats = new Map(fleet.agents.map(({ id }) => [id, this.#verify(id, reading)]));
    for (const beat of beats.values()) {
      if (beat === null) continue;
      this.#totals.add(beat);
      this.#stages.add(beat);
    }
    const agents = fleet.agents.map((agent) => this.#viewAgent(agent, beats.get(agent.id) ?? null, reading));
    chooseDetailed(agents, this.#options);
    const fresh = [...beats.values()].filter((beat) => beat !== null && isFresh(beat, now)).length;
    const topics = this.#viewTopics(reading);
    return {
      layout: fleet,
      fleet: fleet.fleet,
      version: fleet.version,
      canaryRoundAt: reading.canaryRoundAt,
      agents,
      topics,
      declared: this.#subscriptions.judge(reading, { beats, busSince: this.#busSince }),
      unexpectedAgents: Math.max(0, reading.freshBeats - fresh),
      unexpectedGroups: countUnexpectedGroups(reading),
      refusedBeats: this.#refusedBeats,
      inboxWaiting: sumInboxes(reading),
      stages: this.#stages.view(),
      desired: countDesired(fleet),
    };
  }

  /** Silence proves nothing while agents could not reach the bus, nor an unhandled canary while none was sent. */
  #watchContinuity({ now, redisStartedAt, canaryRoundAt }: Reading): void {
    const gapSeconds = this.#lastReadingAt === null ? 0 : ageSeconds(this.#lastReadingAt, now);
    this.#busSince = Math.max(this.#busSince, redisStartedAt, gapSeconds > HEARTBEAT_SECONDS ? now : 0);
    this.#lastReadingAt = now;
    const areCanariesSent = ageSeconds(canaryRoundAt, now) <= CANARY_ROUND_DEADLINE_SECONDS;
    this.#canariesSince = areCanariesSent ? (this.#canariesSince ?? canaryRoundAt) : null;
  }

  #verify(agent: string, { presence, now }: Reading): Heartbeat | null {
    const sealed = presence.get(agent) ?? null;
    const { beat, forged, otherMajor } = this.#presence.open(agent, sealed, now);
    if (otherMajor === undefined) this.#otherMajor.delete(agent);
    else this.#otherMajor.set(agent, otherMajor);
    if (!forged) this.#refused.delete(agent);
    else if (sealed !== null && this.#refused.get(agent) !== sealed) {
      this.#refused.set(agent, sealed);
      this.#refusedBeats += 1;
      this.#options.onRefusedBeat(agent);
    }
    return beat;
  }

  #viewAgent(expected: ExpectedAgent, beat: Heartbeat | null, reading: Reading): AgentView {
    const { now, fleet, canaryRoundAt } = reading;
    const { mapped, processUp } = foreignEvidence(expected, reading);
    const { rung, health, verdict } = judge({
      expected,
      beat,
      now,
      canaryRoundAt,
      mapped,
      processUp,
      echo: null,
      canary: null,
      busSince: this.#busSince,
      otherMajor: this.#otherMajor.get(expected.id),
      ...(this.#canariesSince === null ? {} : { canariesSince: this.#canariesSince }),
    });
    const fresh = freshOf(beat, now);
    const totals = isForeign(expected) ? null : this.#totals?.ofAgent(expected.id);
    return {
      labels: this.#labelsOf(expected, fleet.fleet),
      rung,
      provable: provableRung(expected),
      health,
      verdict,
      activity: fresh?.activity ?? null,
      beat: fresh,
      beatAt: beat?.at ?? (mapped !== null && "at" in mapped ? Math.min(mapped.at, now) : null),
      oldestInFlightAt: beat?.oldestInFlightAt ?? null,
      detailed: false,
      done: totals === null ? null : (totals?.done ?? 0),
      failed: totals === null ? null : (totals?.failed ?? 0),
    };
  }

  #labelsOf(expected: ExpectedAgent, fleet: string): readonly string[] {
    const { id, group, criticality, owner } = expected;
    const labels = this.#labels.get(expected) ?? [fleet, id, group, criticality, owner];
    this.#labels.set(expected, labels);
    return labels;
  }

  #viewTopics({ fleet, topics, deadLetters, lost }: Reading): TopicView[] {
    const subscribers = subscribersOf(fleet);
    return fleet.topics.map((topic) => {
      const stream = topics.get(topic) ?? null;
      const latency = this.#totals?.ofTopic(topic);
      return {
        topic,
        added: stream?.added ?? null,
        entries: stream?.entries ?? null,
        deadLetters: deadLetters.get(topic)?.added ?? null,
        deadLettersHeld: deadLetters.get(topic)?.entries ?? null,
        subscriptions: (subscribers.get(topic) ?? []).map((group): SubscriptionView => {
          const found = stream?.groups.find(({ name }) => name === group);
          const cut = lost.get(topic) ?? null;
          const ofGroup = cut === null ? null : lostOf(cut, group);
          const lag = found?.lag ?? null;
          // Redis counts what was cut before the group had it as if the group had had it.
          const delivered = lag === null || stream === null ? null : stream.added - lag - (ofGroup?.undelivered ?? 0);
          return { topic, group, lag, delivered, pending: found?.pending ?? null, lost: ofGroup };
        }),
        latency: { latency: [...(latency?.latency ?? [])], latencySumSeconds: latency?.latencySumSeconds ?? 0 },
      };
    });
  }

  #keyOf(agent: string): string {
    const key = this.#keys.get(agent) ?? deriveAgentKey(this.#options.fleetKey, agent);
    this.#keys.set(agent, key);
    return key;
  }
}

/** The exporter asks no supervisor, so of agents that speak the protocol it knows no process. */
function foreignEvidence(expected: ExpectedAgent, { now, mapped, processes }: Reading) {
  if (!isForeign(expected)) return { mapped: null, processUp: null };
  return {
    mapped: mapped.get(expected.id) ?? null,
    processUp: isMarkedUp(processes.get(expected.id) ?? null, now),
  };
}

const freshOf = (beat: Heartbeat | null, now: number): Heartbeat | null =>
  beat !== null && isFresh(beat, now) ? beat : null;

const isFresh = (beat: Heartbeat, now: number): boolean => ageSeconds(beat.at, now) <= HEARTBEAT_DEADLINE_SECONDS;

/** By topic: the agents that should have a consumer group on it. */
function subscribersOf({ agents, topics }: CompiledFleet): Map<string, string[]> {
  const subscribers = new Map<string, string[]>();
  for (const { id, consumes } of agents) {
    for (const topic of new Set(consumes.flatMap((pattern) => matchTopics(pattern, topics)))) {
      subscribers.set(topic, [...(subscribers.get(topic) ?? []), id]);
    }
  }
  return subscribers;
}

function countUnexpectedGroups({ fleet, topics }: Reading): number {
  const subscribers = subscribersOf(fleet);
  return [...topics].flatMap(([topic, stream]) =>
    (stream?.groups ?? []).filter(({ name }) => !subscribers.get(topic)?.includes(name)),
  ).length;
}

function countDesired({ agents }: CompiledFleet): Snapshot["desired"] {
  const counts = { running: 0, stopped: 0, paused: 0 };
  for (const { desired } of agents) counts[desired.state] += 1;
  return counts;
}

function sumInboxes({ inboxes }: Reading): number | null {
  let waiting = 0;
  for (const inbox of inboxes.values()) {
    if (inbox?.lag == null) return null;
    waiting += inbox.lag + inbox.pending;
  }
  return waiting;
}
