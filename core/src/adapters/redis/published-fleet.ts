import type { Redis } from "ioredis";
import { type CompiledFleet, compiledFleet } from "../../protocol.ts";
import { shareLook } from "../../share-look.ts";
import { parseJson } from "./sealed-replies.ts";

/** A registry reads the list every two seconds; who asks what an agent consumes needs nothing newer. */
const RECENT_MS = 4000;

/** The list of expected agents on the bus. At 10,000 agents it has 3.5 MB, so it is parsed only when it has changed. */
export class PublishedFleet {
  readonly #redis: Redis;
  readonly #key: string;
  #last: { readonly bytes: Buffer; readonly fleet: CompiledFleet | null } | null = null;
  /** On the monotonic clock. */
  #readAt = Number.NEGATIVE_INFINITY;
  readonly #share = shareLook(() => this.read());

  constructor(redis: Redis, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  /** @returns null if there is none, or in another form; the same object while it has not changed */
  async read(): Promise<CompiledFleet | null> {
    const askedAt = performance.now();
    const bytes = await this.#redis.getBuffer(this.#key);
    if (bytes === null) this.#last = null;
    else if (this.#last?.bytes.equals(bytes) !== true) this.#last = { bytes, fleet: parse(bytes) };
    this.#readAt = askedAt;
    return this.#last?.fleet ?? null;
  }

  /** As it was a few seconds ago at most. */
  recent(): Promise<CompiledFleet | null> {
    const isRecent = performance.now() - this.#readAt < RECENT_MS;
    return isRecent ? Promise.resolve(this.#last?.fleet ?? null) : this.#share();
  }

  async publish(fleet: CompiledFleet): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(fleet));
    await this.#redis.set(this.#key, bytes);
    // Parsing 10,000 agents takes a tenth of a second, and this is what they would be.
    this.#last = { bytes, fleet };
    this.#readAt = Number.NEGATIVE_INFINITY;
  }
}

function parse(bytes: Buffer): CompiledFleet | null {
  const parsed = compiledFleet.safeParse(parseJson(bytes.toString()));
  return parsed.success ? parsed.data : null;
}
