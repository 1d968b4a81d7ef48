import { Batch, type RawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import type { ReplyCursor } from "@rollcall/core/adapters/redis/reply-cursor.ts";
import type { Keys } from "@rollcall/core/protocol/keys.ts";
import type { FleetPlan } from "./fleet-plan.ts";
import { takeLeastIdle } from "./read-streams.ts";
import type { GroupDetails, GroupReading, StreamReading } from "./reading.ts";

// Two commands for each group, 7 µs of Redis together, one where nothing is in hand: more groups than this take turns.
const GROUPS_A_READING = 250;

type Topics = ReadonlyMap<string, StreamReading | null>;

interface Group extends Pick<GroupReading, "name" | "pending"> {
  readonly topic: string;
}

/** Reads of each group when it was read from last, and which of what it has in hand is the oldest; many take turns. */
export class GroupDetailsReader {
  readonly #redis: RawRedis;
  readonly #keys: Keys;
  #details = new Map<string, GroupDetails>();
  #next = 0;

  constructor(redis: RawRedis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** @returns by topic and group, of those that were read, now or before. @throws what the connection throws */
  async read(topics: Topics, plan: FleetPlan, now: number): Promise<ReadonlyMap<string, GroupDetails>> {
    const groups = groupsOf(topics, plan);
    this.#forget(groups);
    const turn = this.#takeTurn(groups);
    if (turn.length === 0) return this.#details;
    const batch = new Batch();
    for (const group of turn) this.#ask(batch, group, now);
    await this.#redis.ask(batch);
    return this.#details;
  }

  #ask(batch: Batch, { topic, name, pending }: Group, now: number): void {
    const stream = this.#keys.topic(topic);
    const details: { -readonly [Key in keyof GroupDetails]: GroupDetails[Key] } = {
      ...{ readAt: null, oldestPendingAt: null, oldestPendingDeliveries: null },
    };
    batch.add(stream, ["XINFO", "CONSUMERS", stream, name], (reply) => {
      const idleMs = takeLeastIdle(reply);
      details.readAt = idleMs === null ? null : now - idleMs;
      this.#details.set(keyOf(topic, name), details);
    });
    if (pending > 0) batch.add(stream, ["XPENDING", stream, name, "-", "+", 1], (reply) => takeOldest(reply, details));
  }

  #takeTurn(groups: readonly Group[]): readonly Group[] {
    if (groups.length <= GROUPS_A_READING) return groups;
    const first = this.#next < groups.length ? this.#next : 0;
    this.#next = first + GROUPS_A_READING;
    return groups.slice(first, this.#next);
  }

  /** What is known of groups that are there no more. */
  #forget(groups: readonly Group[]): void {
    if (this.#details.size <= groups.length) return;
    const there = new Set(groups.map(({ topic, name }) => keyOf(topic, name)));
    for (const key of this.#details.keys()) if (!there.has(key)) this.#details.delete(key);
  }
}

/** Under which key a group's details stand. */
export const keyOf = (topic: string, group: string): string => `${topic} ${group}`;

/** Those that somebody expects: of strangers there may be any number. */
function groupsOf(topics: Topics, { ownTopics, subscribers }: FleetPlan): Group[] {
  const groups: Group[] = [];
  for (const topic of ownTopics) {
    const expected = subscribers.get(topic);
    for (const { name, pending } of topics.get(topic)?.groups ?? [])
      if (expected?.has(name)) groups.push({ topic, name, pending });
  }
  return groups;
}

/** One entry is told as its id, its consumer, how long ago it was handed out, and how often. */
function takeOldest(
  reply: ReplyCursor,
  details: { oldestPendingAt: number | null; oldestPendingDeliveries: number | null },
): void {
  if (reply.takeError() !== null) return;
  for (let left = reply.takeArray() ?? 0; left > 0; left -= 1) {
    reply.takeArray();
    details.oldestPendingAt = Number((reply.takeText() ?? "").split("-")[0]);
    reply.skip();
    reply.skip();
    details.oldestPendingDeliveries = reply.takeNumber();
  }
}
