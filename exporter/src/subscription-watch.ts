import { compareIds } from "@rollcall/core/adapters/redis/read-topics.ts";
import type { Heartbeat } from "@rollcall/core/protocol.ts";
import { DEAD_AFTER_MS, FULL_HANDS } from "@rollcall/core/subscription-state.ts";
import { FleetPlans } from "./fleet-plan.ts";
import type { Reading, StreamReading } from "./reading.ts";
import { WHOLE_FLEET } from "./shard.ts";
import type { DeclaredSubscription } from "./snapshot.ts";

interface Standstill {
  /** What was handed out last when it began. */
  readonly progress: string;
  readonly since: number;
}

interface Known {
  readonly beats: ReadonlyMap<string, Heartbeat | null>;
  /** From when agents could reach the bus without a break. */
  readonly busSince: number;
}

/** Remembers since when entries wait for a declared subscription while nothing is handed out to it. */
export class SubscriptionWatch {
  readonly #plans: FleetPlans;
  #standing = new Map<string, Standstill>();

  constructor(plans = new FleetPlans(WHOLE_FLEET)) {
    this.#plans = plans;
  }

  judge(reading: Reading, { beats, busSince }: Known): DeclaredSubscription[] {
    const before = this.#standing;
    this.#standing = new Map();
    return this.#plans.of(reading.fleet).declared.map(({ key, agent, pattern, topic }): DeclaredSubscription => {
      const stream = reading.topics.get(topic) ?? null;
      const earlier = before.get(key);
      const standstill =
        stream === null ? earlier : standstillOf({ stream, agent, earlier, busSince, now: reading.now });
      if (standstill !== undefined) this.#standing.set(key, standstill);
      const dead = standstill !== undefined && isDead(standstill, { now: reading.now, beat: beats.get(agent) ?? null });
      return { agent, pattern, topic, dead: stream === null ? null : dead };
    });
  }
}

const isDead = ({ since }: Standstill, { now, beat }: { now: number; beat: Heartbeat | null }): boolean =>
  now - since >= DEAD_AFTER_MS && !hasOneItemSince(beat, since);

interface Seen {
  readonly stream: StreamReading;
  readonly agent: string;
  readonly earlier: Standstill | undefined;
  readonly busSince: number;
  readonly now: number;
}

/** @returns undefined if nothing waits, or something was handed out */
function standstillOf({ stream, agent, earlier, busSince, now }: Seen): Standstill | undefined {
  const progress = progressOf(stream, agent);
  if (progress === null) return undefined;
  return earlier?.progress === progress && earlier.since >= busSince ? earlier : { progress, since: now };
}

/** @returns null if nothing waits, or the agent has its hands full and asks for nothing more until it has handled some */
function progressOf({ lastId, groups }: StreamReading, agent: string): string | null {
  const group = groups.find(({ name }) => name === agent);
  if (lastId === null) return null;
  if (group === undefined) return "never subscribed";
  const waits = lastId !== group.lastDelivered && compareIds(lastId, group.lastDelivered) > 0;
  return waits && group.pending < FULL_HANDS ? group.lastDelivered : null;
}

// An agent that takes one item at a time asks for nothing while it has it; if it never comes back, its canaries tell.
const hasOneItemSince = (beat: Heartbeat | null, since: number): boolean =>
  beat !== null && beat.oldestInFlightAt !== null && beat.oldestInFlightAt <= since;
