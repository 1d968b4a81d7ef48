import { setImmediate as turn } from "node:timers/promises";
import { isMarkedUp } from "@rollcall/core/adapters/redis/foreign-processes.ts";
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
import type { ExpectedAgent, Heartbeat } from "@rollcall/core/protocol.ts";
import { chooseDetailed, type DetailBudget } from "./choose-detailed.ts";
import { EpochTotals } from "./epoch-totals.ts";
import { findDuplicates } from "./fenced-reports.ts";
import { FlapWatch } from "./flap-watch.ts";
import { type FleetPlan, FleetPlans } from "./fleet-plan.ts";
import { workBehind } from "./planned-work.ts";
import type { Reading } from "./reading.ts";
import type { Shard } from "./shard.ts";
import type { AgentView, Snapshot, TopicView } from "./snapshot.ts";
import { StageTotals } from "./stage-totals.ts";
import { SubscriptionWatch } from "./subscription-watch.ts";
import { OF_ANOTHER_SHARD, viewStream } from "./view-stream.ts";

export interface BuilderOptions extends DetailBudget {
  readonly fleetKey: string;
  readonly shard: Shard;
  /** Called once for each beat whose seal, form, agent or order is wrong. */
  readonly onRefusedBeat: (agent: string) => void;
}

// A seal takes 10 µs, a judgement 2 µs: neither holds up a scrape for more than some milliseconds.
const AGENTS_AT_ONCE = 250;

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
  readonly #plans: FleetPlans;
  readonly #subscriptions: SubscriptionWatch;
  readonly #flaps = new FlapWatch();
  #totals: EpochTotals | null = null;
  #stages: StageTotals | null = null;
  #lastReadingAt: number | null = null;
  #busSince = 0;
  #canariesSince: number | null = null;

  constructor(options: BuilderOptions) {
    this.#options = options;
    this.#plans = new FleetPlans(options.shard);
    this.#subscriptions = new SubscriptionWatch(this.#plans);
    this.#presence = new VerifiedPresence((agent) => this.#keyOf(agent));
  }

  build(reading: Reading): Snapshot {
    const steps = this.#build(reading);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
    }
  }

  /** The same in small steps, between which scrapes are answered. */
  async buildInTurns(reading: Reading): Promise<Snapshot> {
    const steps = this.#build(reading);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value;
      await turn();
    }
  }

  *#build(reading: Reading): Generator<undefined, Snapshot> {
    const { fleet, now } = reading;
    const plan = this.#plans.of(fleet);
    this.#totals ??= new EpochTotals(now);
    this.#stages ??= new StageTotals(now);
    this.#totals.keepOnly(plan.ids);
    this.#stages.keepOnly(plan.ids);
    this.#flaps.keepOnly(plan.ids);
    this.#watchContinuity(reading);
    const beats = yield* this.#verifyAll(reading, plan);
    const agents: AgentView[] = [];
    // When the totals of all are known, what each has is told.
    for (const [index, agent] of plan.agents.entries()) {
      agents.push(this.#viewAgent(agent, beats.get(agent.id) ?? null, reading));
      if (index % AGENTS_AT_ONCE === AGENTS_AT_ONCE - 1) yield;
    }
    chooseDetailed(agents, this.#options);
    yield;
    const topics = this.#viewTopics(reading, plan);
    yield;
    return {
      layout: fleet,
      fleet: fleet.fleet,
      version: fleet.version,
      canaryRoundAt: reading.canaryRoundAt,
      agents,
      duplicates: this.#findDuplicates(reading, plan, beats),
      topics,
      declared: this.#subscriptions.judge(reading, { beats, busSince: this.#busSince }),
      unexpectedAgents: reading.strangers ?? Math.max(0, reading.freshBeats - countFresh(beats, now)),
      unexpectedGroups: countUnexpectedGroups(reading, plan),
      refusedBeats: this.#refusedBeats,
      inboxWaiting: sumInboxes(reading),
      stages: this.#stages.view(),
      desired: countDesired(plan),
    };
  }

  *#verifyAll(reading: Reading, { agents }: FleetPlan): Generator<undefined, Map<string, Heartbeat | null>> {
    const beats = new Map<string, Heartbeat | null>();
    for (const [index, { id }] of agents.entries()) {
      const beat = this.#verify(id, reading);
      beats.set(id, beat);
      if (beat !== null) this.#totals?.add(beat);
      if (beat !== null) this.#stages?.add(beat);
      if (beat !== null) this.#flaps.see(beat, reading.now);
      if (index % AGENTS_AT_ONCE === AGENTS_AT_ONCE - 1) yield;
    }
    return beats;
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
    const beatAt = beat?.at ?? (mapped !== null && "at" in mapped ? Math.min(mapped.at, now) : null);
    return {
      labels: this.#labelsOf(expected, fleet.fleet),
      rung,
      provable: provableRung(expected),
      health,
      verdict,
      activity: fresh?.activity ?? null,
      beat: fresh,
      beatAt,
      flaps: this.#flaps.judge(expected.id, { now, isUp: fresh !== null, isOff: health === "off" }),
      plannedWork: workBehind({ rung, beatAt }, reading.plannedWork.get(expected.id)),
      oldestInFlightAt: beat?.oldestInFlightAt ?? null,
      detailed: false,
      done: totals === null ? null : (totals?.done ?? 0),
      failed: totals === null ? null : (totals?.failed ?? 0),
    };
  }

  #findDuplicates({ fenced, now, fleet }: Reading, plan: FleetPlan, beats: ReadonlyMap<string, Heartbeat | null>) {
    const found = findDuplicates(fenced, { keyOf: (agent) => this.#keyOf(agent), beats, now });
    if (found.size === 0) return [];
    return plan.agents.flatMap((expected) => {
      const both = found.get(expected.id);
      return both === undefined ? [] : [{ labels: this.#labelsOf(expected, fleet.fleet), ...both }];
    });
  }

  #labelsOf(expected: ExpectedAgent, fleet: string): readonly string[] {
    const { id, group, criticality, owner } = expected;
    const labels = this.#labels.get(expected) ?? [fleet, id, group, criticality, owner];
    this.#labels.set(expected, labels);
    return labels;
  }

  #viewTopics(reading: Reading, { ownTopics, subscribers }: FleetPlan): TopicView[] {
    return reading.fleet.topics.map((topic) => {
      return {
        topic,
        ...(ownTopics.has(topic) ? viewStream(topic, reading, subscribers) : OF_ANOTHER_SHARD),
        // What agents of this shard handled is told by this one, also on topics of which another tells the rest.
        latency: this.#totals?.ofTopic(topic) ?? NO_LATENCY,
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

const NO_LATENCY: TopicView["latency"] = { latency: [], latencySumSeconds: 0 };

const freshOf = (beat: Heartbeat | null, now: number): Heartbeat | null =>
  beat !== null && isFresh(beat, now) ? beat : null;

function countFresh(beats: ReadonlyMap<string, Heartbeat | null>, now: number): number {
  let count = 0;
  for (const beat of beats.values()) if (beat !== null && isFresh(beat, now)) count += 1;
  return count;
}

const isFresh = (beat: Heartbeat, now: number): boolean => ageSeconds(beat.at, now) <= HEARTBEAT_DEADLINE_SECONDS;

function countUnexpectedGroups({ topics }: Reading, { ownTopics, subscribers }: FleetPlan): number {
  let count = 0;
  for (const [topic, stream] of topics) {
    if (!ownTopics.has(topic)) continue;
    for (const { name } of stream?.groups ?? []) if (subscribers.get(topic)?.has(name) !== true) count += 1;
  }
  return count;
}

function countDesired({ agents }: FleetPlan): Snapshot["desired"] {
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
