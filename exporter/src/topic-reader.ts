import { Batch, type RawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { takeGroups, takeHash, takeStream } from "./read-streams.ts";
import type { Reading, StreamReading } from "./reading.ts";

/** What is read of each topic. */
export type TopicReadings = Pick<Reading, "topics" | "deadLetters" | "lost">;

interface Found {
  readonly topics: Map<string, StreamReading | null>;
  readonly deadLetters: Map<string, StreamReading | null>;
  readonly lost: Map<string, Readonly<Record<string, string>> | null>;
}

/**
 * Reads all topics in one request, and in a second one what was put aside or lost of those few that have any: being asked in
 * vain costs Redis more than an answer.
 */
export class TopicReader {
  readonly #redis: RawRedis;
  readonly #keys: Keys;
  /** Made once for each compiled fleet; what it reads goes into `#found`, which the next reading fills again. */
  #ofTopics = new Batch();
  #found: Found = nothing();
  /** Topics of which something was put aside or lost, or of which Redis does not say whether. */
  #troubled: string[] = [];
  #ofTroubled = { topics: "", batch: new Batch() };

  constructor(redis: RawRedis, keys: Keys) {
    this.#redis = redis;
    this.#keys = keys;
  }

  /** What is known of topics before is forgotten. */
  expect(topics: readonly string[]): void {
    this.#found = nothing();
    this.#ofTroubled = { topics: "", batch: new Batch() };
    this.#ofTopics = this.#askTopics(topics, this.#found);
  }

  /** @throws what the connection throws */
  async read(): Promise<TopicReadings> {
    if (this.#ofTopics.commands.length === 0) return this.#found;
    this.#troubled = [];
    await this.#redis.ask(this.#ofTopics);
    if (this.#troubled.length > 0) await this.#redis.ask(this.#askTroubled());
    return this.#found;
  }

  #askTopics(topics: readonly string[], { topics: streams, deadLetters, lost: losses }: Found): Batch {
    const batch = new Batch();
    for (const topic of topics) {
      const [stream, dead, lost] = [this.#keys.topic(topic), this.#keys.deadLetters(topic), this.#keys.lost(topic)];
      let found: ReturnType<typeof takeStream> = null;
      batch.add(stream, ["XINFO", "STREAM", stream], (reply) => {
        found = takeStream(reply);
      });
      batch.add(stream, ["XINFO", "GROUPS", stream], (reply) => {
        const groups = takeGroups(reply);
        if (found !== null && groups !== null) found.groups = groups;
        streams.set(topic, groups === null ? null : found);
      });
      batch.add(dead, ["EXISTS", dead, lost], (reply) => {
        if (reply.takeError() !== null || reply.takeNumber() !== 0) return void this.#troubled.push(topic);
        deadLetters.set(topic, NO_STREAM);
        losses.set(topic, NO_LOSSES);
      });
    }
    return batch;
  }

  #askTroubled(): Batch {
    const topics = this.#troubled.join(" ");
    if (this.#ofTroubled.topics === topics) return this.#ofTroubled.batch;
    const batch = new Batch();
    const { deadLetters, lost: losses } = this.#found;
    for (const topic of this.#troubled) {
      const [dead, lost] = [this.#keys.deadLetters(topic), this.#keys.lost(topic)];
      batch.add(dead, ["XINFO", "STREAM", dead], (reply) => void deadLetters.set(topic, takeStream(reply)));
      batch.add(lost, ["HGETALL", lost], (reply) => void losses.set(topic, takeHash(reply)));
    }
    this.#ofTroubled = { topics, batch };
    return batch;
  }
}

const nothing = (): Found => ({ topics: new Map(), deadLetters: new Map(), lost: new Map() });

const NO_STREAM: StreamReading = { entries: 0, added: 0, firstId: null, lastId: null, groups: [] };
const NO_LOSSES: Readonly<Record<string, string>> = {};
