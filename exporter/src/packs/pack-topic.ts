import { Batch, type RawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import type { ReplyCursor } from "@rollcall/core/adapters/redis/reply-cursor.ts";
import { MAX_ENVELOPE_BYTES } from "@rollcall/core/protocol.ts";
import { type StreamFacts, takeStreamFacts } from "../read-streams.ts";
import type { PackCounter } from "./pack-counter.ts";

/** How far a topic is counted, as it is kept over a restart. */
export interface KeptTopic {
  readonly topic: string;
  /** Id of the entry that was counted last; null: not begun. */
  readonly position: string | null;
  /** Entries that had been added to the stream up to there. */
  readonly ordinal: number;
  readonly counted: number;
  readonly malformed: number;
  readonly missed: number;
}

/** What a scrape shows of a topic. */
export interface TopicProgress extends Omit<KeptTopic, "position" | "ordinal"> {
  /** Entries not counted yet; null: not known. */
  readonly waiting: number | null;
}

interface Advance {
  readonly entries: number;
  /** Whether all were there that had been added when it began. */
  readonly isAtEnd: boolean;
}

/** Each may be as large as somebody who may publish makes it, so few are taken at once. */
const ENTRIES_AT_ONCE = 64;
const EVENT_FIELD = Buffer.from("e");

/** Reads the events of one topic, each once, from where the last process was; the first time from the newest on. */
export class PackTopic {
  readonly #key: string;
  readonly #counters: readonly PackCounter[];
  #kept: { -readonly [Key in keyof KeptTopic]: KeptTopic[Key] };
  #waiting: number | null = null;

  constructor(key: string, counters: readonly PackCounter[], kept: KeptTopic) {
    this.#key = key;
    this.#counters = counters;
    this.#kept = { ...kept };
  }

  keep(): KeptTopic {
    return { ...this.#kept };
  }

  progress(): TopicProgress {
    const { topic, counted, malformed, missed } = this.#kept;
    return { topic, counted, malformed, missed, waiting: this.#waiting };
  }

  /** Counts some of what waits. @throws what the connection throws */
  async advance(redis: RawRedis): Promise<Advance> {
    const facts = await this.#readFacts(redis);
    const isKnown = this.#catchUp(facts);
    const kept = this.#kept;
    const entries = kept.ordinal < facts.added ? await this.#readEntries(redis) : [];
    for (const { id, text } of entries) this.#count(id, text);
    const left = Math.max(0, facts.added - kept.ordinal);
    const isAtEnd = entries.length < ENTRIES_AT_ONCE;
    if (isAtEnd && left > 0) {
      // Taken out of the middle by somebody.
      if (isKnown) kept.missed += left;
      kept.ordinal = facts.added;
    }
    this.#waiting = isAtEnd ? 0 : left;
    return { entries: entries.length, isAtEnd };
  }

  async #readFacts(redis: RawRedis): Promise<StreamFacts> {
    const batch = new Batch();
    let facts: StreamFacts | null = null;
    batch.add(this.#key, ["XINFO", "STREAM", this.#key], (reply) => {
      facts = takeStreamFacts(reply);
    });
    await redis.ask(batch);
    return facts ?? { added: 0, entries: 0, firstId: null, lastGenerated: "0-0" };
  }

  /**
   * Notes what was cut before it was counted. Ids of a stream only grow, also in one that was made anew: the position stays good.
   * @returns false if the stream has fewer entries than were counted, because it is another one or has lost some
   */
  #catchUp({ added, entries, firstId, lastGenerated }: StreamFacts): boolean {
    const kept = this.#kept;
    const cut = added - entries;
    if (kept.position === null) {
      kept.position = lastGenerated;
      kept.ordinal = added;
    } else if (added < kept.ordinal) {
      kept.ordinal = isLater(lastGenerated, kept.position) ? cut : added;
      return false;
    } else if (cut > kept.ordinal && (firstId === null || isLater(firstId, kept.position))) {
      kept.missed += cut - kept.ordinal;
      kept.ordinal = cut;
    }
    return true;
  }

  async #readEntries(redis: RawRedis): Promise<Entry[]> {
    const batch = new Batch();
    const entries: Entry[] = [];
    const from = `(${this.#kept.position}`;
    batch.add(this.#key, ["XRANGE", this.#key, from, "+", "COUNT", ENTRIES_AT_ONCE], (reply) => {
      for (let left = reply.takeArray() ?? 0; left > 0; left -= 1) entries.push(takeEntry(reply));
    });
    await redis.ask(batch);
    return entries;
  }

  #count(id: string, text: string | null): void {
    const kept = this.#kept;
    const data = dataOf(kept.topic, text);
    if (data === null) kept.malformed += 1;
    else {
      kept.counted += 1;
      for (const counter of this.#counters) counter.count(data);
    }
    kept.position = id;
    kept.ordinal += 1;
  }
}

interface Entry {
  readonly id: string;
  /** null: without an event. */
  readonly text: string | null;
}

function takeEntry(reply: ReplyCursor): Entry {
  reply.takeArray();
  const id = reply.takeText() ?? "";
  let text: string | null = null;
  for (let left = reply.takeArray() ?? 0; left > 0; left -= 2) {
    if (reply.takeIf(EVENT_FIELD)) text = reply.takeText();
    else {
      reply.skip();
      reply.skip();
    }
  }
  return { id, text };
}

/** The data of an event; null if it is none of this topic. */
function dataOf(topic: string, text: string | null): object | null {
  if (text === null || text.length > MAX_ENVELOPE_BYTES) return null;
  try {
    const { type, data } = JSON.parse(text) as { type?: unknown; data?: unknown };
    return type === topic && typeof data === "object" && data !== null ? data : null;
  } catch {
    return null;
  }
}

/** Whether one stream id comes after another. */
function isLater(id: string, other: string): boolean {
  const [time = 0, sequence = 0] = id.split("-").map(Number);
  const [otherTime = 0, otherSequence = 0] = other.split("-").map(Number);
  return time === otherTime ? sequence > otherSequence : time > otherTime;
}
