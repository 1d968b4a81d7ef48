import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type {
  BusReading,
  DeadLetter,
  DeadLetters,
  DroppedLetters,
  EventBus,
  LetterLimits,
  Replayed,
  ReplayOrder,
  SeenEvent,
  SubscriptionReading,
  TopicTrim,
} from "../../ports/event-bus.ts";
import { type Keys, keysOf } from "../../protocol/keys.ts";
import { type Envelope, envelope } from "../../protocol.ts";
import { connectRedis, type RedisOptions, withRedis } from "./connection.ts";
import { dropLetters } from "./drop-letters.ts";
import { mendReadCounts } from "./mend-read-counts.ts";
import { readEvents } from "./read-events.ts";
import { compareIds, millisOf, type Row, readSubscriptions, readTopics, rowOf, unlessLost } from "./read-topics.ts";
import { findEntry, replayLetter } from "./replay-letter.ts";
import { trimTopics } from "./trim-topics.ts";

export interface EventBusOptions extends Pick<RedisOptions, "url" | "clusterOf" | "onProblem"> {
  readonly fleet: string;
}

const LETTERS_PER_TOPIC = 1000;
const LETTERS_PER_READ = 100;
// What lies there may be large; a list of reasons must not take the memory of the service.
const MOST_BYTES = 16 * 1024 * 1024;
const BODY_KEPT = 1000;

/** Insight into the topics on Redis; it connects at once and reconnects by itself. */
export function openEventBus(options: EventBusOptions): EventBus & { close(): void } {
  return new RedisEventBus(options);
}

class RedisEventBus implements EventBus {
  readonly #keys: Keys;
  readonly #redis: Redis;
  /** WATCH belongs to a connection, so replays, cuts and corrections have one of their own and go one after the other. */
  readonly #replays: Redis;
  #lastAlone: Promise<unknown> = Promise.resolve();

  constructor({ fleet, ...options }: EventBusOptions) {
    this.#keys = keysOf(fleet);
    this.#redis = connectRedis({ ...options, name: "rollcall-insight" });
    this.#replays = connectRedis({ ...options, name: "rollcall-replays" });
  }

  read(topics: readonly string[]): Promise<BusReading> {
    return withRedis(() => readTopics(this.#redis, this.#keys, topics));
  }

  readSubscriptions(topics: readonly string[]): Promise<SubscriptionReading> {
    return withRedis(() => readSubscriptions(this.#redis, this.#keys, topics));
  }

  trim(topics: readonly TopicTrim[]): Promise<void> {
    return this.#alone(() => withRedis(() => trimTopics(this.#replays, this.#keys, topics)));
  }

  mendReadCounts(topics: readonly string[]): Promise<number> {
    return this.#alone(() => withRedis(() => mendReadCounts(this.#replays, this.#keys, topics)));
  }

  publishProbe(topic: string): Promise<string> {
    return withRedis(async () => {
      const probe = probeOf(topic, millisOf(await this.#redis.time()));
      const stream = this.#keys.topic(topic);
      return String(await this.#redis.xadd(stream, "*", "e", JSON.stringify(probe)));
    });
  }

  readTaken(topic: string, id: string, groups: readonly string[]): Promise<ReadonlySet<string>> {
    return withRedis(async () => {
      const stream = this.#keys.topic(topic);
      // Groups first: an entry that is handed out between the two answers would else count as acknowledged.
      const known = await this.#groupsOf(stream);
      const reached = groups.filter((group) =>
        known.some((row) => row.name === group && compareIds(String(row["last-delivered-id"]), id) >= 0),
      );
      if (reached.length === 0) return new Set<string>();
      const pipeline = this.#redis.pipeline();
      for (const group of reached) pipeline.xpending(stream, group, id, id, 1);
      const pending = unlessLost(await pipeline.exec());
      return new Set(reached.filter((_, index) => (pending[index]?.[1] as unknown[] | undefined)?.length === 0));
    });
  }

  readEvents(topics: readonly string[], newest: number): Promise<SeenEvent[]> {
    return withRedis(() => readEvents(this.#redis, this.#keys, { topics, newest }));
  }

  readDeadLetters(topics: readonly string[]): Promise<DeadLetters> {
    return withRedis(async () => {
      const lists = await Promise.all(topics.map((topic) => this.#lettersOf(topic)));
      const letters = lists.flatMap((list) => list.letters).toSorted((a, b) => compareIds(b.id, a.id));
      return { letters, total: lists.reduce((sum, { total }) => sum + total, 0) };
    });
  }

  replay(order: ReplayOrder): Promise<Replayed> {
    return this.#alone(() => withRedis(() => replayLetter(this.#replays, this.#keys, order)));
  }

  readComeback(topic: string, { agent, entryId }: { agent: string; entryId: string }): Promise<string | null> {
    return withRedis(async () => {
      const from = String(Number.parseInt(entryId, 10));
      const isIt = (fields: Row): boolean => fields.id === entryId && fields.group === agent;
      const found = await findEntry(this.#redis, { stream: this.#keys.deadLetters(topic), from, isIt });
      return found === null ? null : String(found.fields.reason ?? "");
    });
  }

  discard(topic: string, ids: readonly string[]): Promise<number> {
    return withRedis(async () => (ids.length === 0 ? 0 : this.#redis.xdel(this.#keys.deadLetters(topic), ...ids)));
  }

  dropLetters(limits: LetterLimits): Promise<DroppedLetters> {
    return withRedis(() => dropLetters(this.#redis, this.#keys, limits));
  }

  close(): void {
    this.#redis.disconnect();
    this.#replays.disconnect();
  }

  #alone<Result>(run: () => Promise<Result>): Promise<Result> {
    const done = this.#lastAlone.then(run, run);
    this.#lastAlone = done.catch(() => undefined);
    return done;
  }

  /** A Redis that came back empty has no such topic. */
  async #groupsOf(stream: string): Promise<Row[]> {
    const [groups] = unlessLost(await this.#redis.pipeline().xinfo("GROUPS", stream).exec());
    return groups?.[0] === null ? (groups[1] as unknown[]).map(rowOf) : [];
  }

  async #lettersOf(topic: string): Promise<DeadLetters> {
    const stream = this.#keys.deadLetters(topic);
    const total = await this.#redis.xlen(stream);
    const letters: DeadLetter[] = [];
    let bytes = 0;
    for (let from = "+"; letters.length < Math.min(total, LETTERS_PER_TOPIC) && bytes < MOST_BYTES; ) {
      const entries = await this.#redis.xrevrange(stream, from, "-", "COUNT", LETTERS_PER_READ);
      letters.push(...entries.map(([id, fields]) => letterOf(topic, id, fields)));
      bytes += entries.reduce((sum, [, fields]) => sum + fields.join("").length, 0);
      const last = entries.at(-1);
      if (last === undefined || entries.length < LETTERS_PER_READ) break;
      from = `(${last[0]}`;
    }
    return { letters, total };
  }
}

function letterOf(topic: string, id: string, fields: readonly string[]): DeadLetter {
  const { group, reason, attempts, id: entryId, e } = rowOf(fields) as Record<string, string | undefined>;
  return {
    ...{ id, topic, agent: group ?? "", reason: reason ?? "", attempts: Number(attempts ?? 0) || 0 },
    ...{ entryId: entryId ?? "", body: (e ?? "").slice(0, BODY_KEPT) },
  };
}

function probeOf(topic: string, now: number): Envelope {
  return envelope.parse({
    ...{ specversion: "1.0", id: randomBytes(12).toString("hex"), source: "rollcall", type: topic },
    ...{ time: new Date(now).toISOString(), datacontenttype: "application/json", probe: true, data: {} },
  });
}
