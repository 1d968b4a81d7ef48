import { Batch } from "@rollcall/core/adapters/redis/raw-redis.ts";
import type { Keys } from "@rollcall/core/protocol/keys.ts";

/** A fleet up to this size is read whole each time. */
const WHOLE = 1000;
/** Of a larger one a share is read each time, whether it has beaten or not: a beat may be overwritten without its score. */
const ROUNDS = 10;
/** Asked for at once: more would hold up scrapes, and make the buffer for their answer larger than 1 MB. */
const AT_ONCE = 1000;
/** A score is the time of a beat, which is a little older when it arrives. */
const LATE_MS = 3000;

/**
 * Remembers the sealed heartbeats of all agents, and knows which to read again: those that have beaten since. 10,000 agents
 * beat 2,000 times a second; to read all of them each second would be 8 MB.
 */
export class PresenceReader {
  readonly #keys: Keys;
  readonly #sealed = new Map<string, string | null>();
  readonly #scores = new Map<string, string>();
  #round = 0;
  #isComplete = false;
  #ids: readonly string[] = [];
  #changed = new Set<string>();

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** Those who are expected; what is known of others is forgotten. */
  expect(ids: readonly string[]): void {
    this.#ids = ids;
    const expected = new Set(ids);
    for (const id of this.#sealed.keys()) {
      if (expected.has(id)) continue;
      this.#sealed.delete(id);
      this.#scores.delete(id);
    }
    this.#isComplete = false;
  }

  /** Asks who has beaten. @param since Redis time of the reading before, ms */
  askBeats(batch: Batch, since: number): void {
    this.#changed = new Set();
    if (this.#ids.length <= WHOLE) return;
    const [expected, limit] = [new Set(this.#ids), 2 * this.#ids.length];
    const words = ["ZRANGEBYSCORE", this.#keys.beats, since - LATE_MS, "+inf", "WITHSCORES", "LIMIT", 0, limit];
    batch.add(this.#keys.beats, words, (reply) => {
      let left = reply.takeArray() ?? 0;
      // So many are not of this fleet alone: who of it is among the rest cannot be told.
      if (left >= 2 * limit) this.#isComplete = false;
      for (; left > 0; left -= 2) {
        const [id, score] = [reply.takeText() ?? "", reply.takeText() ?? ""];
        if (!expected.has(id) || this.#scores.get(id) === score) continue;
        this.#scores.set(id, score);
        this.#changed.add(id);
      }
    });
  }

  /** Requests for the beats that may have changed. If one of them fails, all beats are asked for the next time. */
  requests(): Batch[] {
    const ids = this.#toRead();
    this.#isComplete = false;
    const requests: Batch[] = [];
    for (let first = 0; first < ids.length; first += AT_ONCE) {
      const request = new Batch();
      this.#ask(request, ids.slice(first, first + AT_ONCE), first + AT_ONCE >= ids.length);
      requests.push(request);
    }
    return requests;
  }

  /** What stands there, by agent id; of all who are expected once they have been asked for. */
  sealed(): ReadonlyMap<string, string | null> {
    return this.#sealed;
  }

  #ask(batch: Batch, ids: readonly string[], areLast: boolean): void {
    batch.add(this.#keys.presence, ["HMGET", this.#keys.presence, ...ids], (reply) => {
      reply.takeArray();
      for (const id of ids) this.#sealed.set(id, reply.takeText());
      this.#isComplete = areLast;
    });
  }

  #toRead(): readonly string[] {
    if (this.#ids.length <= WHOLE || !this.#isComplete) return this.#ids;
    this.#round = (this.#round + 1) % ROUNDS;
    return this.#ids.filter((id, index) => index % ROUNDS === this.#round || this.#changed.has(id));
  }
}
