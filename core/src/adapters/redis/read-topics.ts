import type { Redis } from "ioredis";
import type { BusReading, GroupReading, Lost, SubscriptionReading, TopicReading } from "../../ports/event-bus.ts";
import type { Keys } from "../../protocol/keys.ts";
import { resultsOf } from "./connection.ts";

/** Entries that are read of each topic to tell its rate. */
const RATE_ENTRIES = 50;
const RATE_MS = 60_000;
const COMMANDS_PER_TOPIC = 5;

type Outcome = [error: Error | null, result: unknown];
/** Names and values of one answer or entry. */
export type Row = Record<string, unknown>;

/** Reads all topics in three round trips, whatever their number. */
export async function readTopics(redis: Redis, keys: Keys, topics: readonly string[]): Promise<BusReading> {
  const now = millisOf(await redis.time());
  if (topics.length === 0) return { now, topics: [] };
  const pipeline = redis.pipeline();
  for (const topic of topics) {
    const stream = keys.topic(topic);
    pipeline.xinfo("STREAM", stream).xinfo("GROUPS", stream).xlen(keys.deadLetters(topic));
    pipeline.xrevrange(stream, "+", String(now - RATE_MS), "COUNT", RATE_ENTRIES).hgetall(keys.lost(topic));
  }
  const outcomes = unlessLost(await pipeline.exec());
  const found = topics.map((topic, index) => {
    const at = index * COMMANDS_PER_TOPIC;
    const [stream, groups, dead, recent, lost] = outcomes.slice(at, at + COMMANDS_PER_TOPIC) as Outcome[];
    return { topic, stream: rowOf(resultIn(stream)), groups: rowsOf(resultIn(groups)), dead, recent, lost };
  });
  const waits = await readWaits(redis, keys, found);
  return {
    now,
    topics: found.map(({ topic, stream, groups, dead, recent, lost }): TopicReading => {
      const lastId = entryId(stream["last-entry"]);
      return {
        topic,
        entries: Number(stream.length ?? 0),
        added: Number(stream["entries-added"] ?? 0),
        lastAt: lastId === null ? null : timeOf(lastId),
        perSecond: rateOf(resultIn(recent) as [string, unknown][] | null, now),
        deadLetters: Number(resultIn(dead) ?? 0),
        groups: viewGroups({ topic, groups, lost }, waits),
      };
    }),
  };
}

/** The subscriptions of all topics, in three round trips; what was published stays where it is. */
export async function readSubscriptions(
  redis: Redis,
  keys: Keys,
  topics: readonly string[],
): Promise<SubscriptionReading> {
  const now = millisOf(await redis.time());
  if (topics.length === 0) return { now, topics: [] };
  const pipeline = redis.pipeline();
  for (const topic of topics) {
    const stream = keys.topic(topic);
    pipeline.xinfo("STREAM", stream).xinfo("GROUPS", stream).hgetall(keys.lost(topic));
  }
  const outcomes = unlessLost(await pipeline.exec());
  const found = topics.map((topic, index) => {
    const [stream, groups, lost] = outcomes.slice(index * 3, index * 3 + 3) as Outcome[];
    return { topic, stream: rowOf(resultIn(stream)), groups: rowsOf(resultIn(groups)), lost };
  });
  const waits = await readWaits(redis, keys, found);
  return {
    now,
    topics: found.map((one) => ({
      topic: one.topic,
      entries: Number(one.stream.length ?? 0),
      groups: viewGroups(one, waits),
    })),
  };
}

interface Wait {
  readonly oldestAt: number | null;
  readonly idleMs: number | null;
}

const waitKey = (topic: string, group: string): string => `${topic} ${group}`;

/** Only groups for which something waits are asked for more. */
async function readWaits(
  redis: Redis,
  keys: Keys,
  topics: readonly { topic: string; stream: Row; groups: readonly Row[] }[],
): Promise<Map<string, Wait>> {
  const waiting = topics.flatMap(({ topic, stream, groups }) =>
    groups
      .filter((group) => Number(group.pending) > 0 || isBehind(stream, group))
      .map((group) => ({ topic, name: String(group.name), last: String(group["last-delivered-id"]) })),
  );
  if (waiting.length === 0) return new Map();
  const pipeline = redis.pipeline();
  for (const { topic, name, last } of waiting) {
    const stream = keys.topic(topic);
    pipeline.xpending(stream, name).xrange(stream, `(${last}`, "+", "COUNT", 1).xinfo("CONSUMERS", stream, name);
  }
  const outcomes = unlessLost(await pipeline.exec());
  return new Map(
    waiting.map(({ topic, name }, index) => {
      const [pending, next, consumers] = outcomes.slice(index * 3, index * 3 + 3) as Outcome[];
      const firstPending = (resultIn(pending) as unknown[] | null)?.[1];
      const firstNew = entryId((resultIn(next) as unknown[] | null)?.[0]);
      const ids = [typeof firstPending === "string" ? firstPending : null, firstNew].filter((id) => id !== null);
      const idle = rowsOf(resultIn(consumers)).map((row) => Number(row.idle));
      const wait = {
        oldestAt: ids.length === 0 ? null : Math.min(...ids.map(timeOf)),
        idleMs: idle.length === 0 ? null : Math.min(...idle),
      };
      return [waitKey(topic, name), wait];
    }),
  );
}

/** Not by `lag`, which Redis cannot always tell. */
function isBehind(stream: Row, group: Row): boolean {
  const last = entryId(stream["last-entry"]);
  return last !== null && compareIds(last, String(group["last-delivered-id"])) > 0;
}

interface FoundGroups {
  readonly topic: string;
  readonly groups: readonly Row[];
  readonly lost: Outcome | undefined;
}

const viewGroups = ({ topic, groups, lost }: FoundGroups, waits: ReadonlyMap<string, Wait>): GroupReading[] =>
  groups.map((group) => ({
    ...viewGroup(group, waits.get(waitKey(topic, String(group.name)))),
    lost: lostOf((resultIn(lost) ?? {}) as Record<string, string>, String(group.name)),
  }));

const viewGroup = (group: Row, wait: Wait | undefined): Omit<GroupReading, "lost"> => ({
  name: String(group.name),
  lag: typeof group.lag === "number" ? group.lag : null,
  pending: Number(group.pending),
  consumers: Number(group.consumers),
  oldestAt: wait?.oldestAt ?? null,
  idleMs: wait?.idleMs ?? null,
});

function rateOf(recent: readonly [string, unknown][] | null, now: number): number {
  const oldest = recent?.at(-1)?.[0];
  if (recent === null || oldest === undefined) return 0;
  const spanMs = recent.length < RATE_ENTRIES ? RATE_MS : Math.max(1, now - timeOf(oldest));
  return (recent.length * 1000) / spanMs;
}

/** Milliseconds in the id of a stream's entry. */
const timeOf = (id: string): number => Number.parseInt(id, 10);

/** Order of two ids of stream entries. */
export const compareIds = (one: string, other: string): number =>
  one === other ? 0 : timeOf(one) - timeOf(other) || sequenceOf(one) - sequenceOf(other);

/** Number in the id of a stream's entry, among those of one millisecond. */
function sequenceOf(id: string): number {
  const dash = id.indexOf("-");
  return dash < 0 ? 0 : Number(id.slice(dash + 1));
}

export const millisOf = (time: readonly (string | number)[]): number =>
  Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000);

const resultIn = (outcome: Outcome | undefined): unknown => outcome?.[1] ?? null;

const entryId = (entry: unknown): string | null => (Array.isArray(entry) ? String(entry[0]) : null);

/** Outcomes of a pipeline. @throws the first error that is not "there is no such key" or "no such group" */
export function unlessLost(outcomes: Outcome[] | null): Outcome[] {
  const serious = outcomes?.filter(([error]) => error === null || !/no such key|NOGROUP/.test(error.message)) ?? null;
  resultsOf(serious);
  return outcomes ?? [];
}

const rowsOf = (value: unknown): Row[] => (Array.isArray(value) ? value.map(rowOf) : []);

/** Redis' flat list of names and values. */
export function rowOf(flat: unknown): Row {
  const list = Array.isArray(flat) ? flat : [];
  return Object.fromEntries(list.flatMap((name, index) => (index % 2 === 0 ? [[String(name), list[index + 1]]] : [])));
}

/** What one group lost of a topic, by the hash of losses. */
export const lostOf = (hash: Readonly<Record<string, string>>, group: string): Lost => ({
  undelivered: Number(hash[`${group} undelivered`] ?? 0),
  inHand: Number(hash[`${group} in-hand`] ?? 0),
});
