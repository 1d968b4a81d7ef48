import { openBroadcasts } from "@rollcall/core/protocol/broadcast-seal.ts";
import { type BroadcastMessage, broadcastMessage, type ControlMessage } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import type { BusClock } from "./clock.ts";
import { BLOCK_MS } from "./connection.ts";
import type { Entry } from "./deliver.ts";
import { parseJson, whyRefused } from "./inbox.ts";
import { type Log, messageOf } from "./log.ts";
import { backoffMs, pause, untilReady } from "./persist.ts";
import { parseEntries, reconnectIfSilent } from "./topic-reader.ts";

const PAGE = 32;
/** Older entries are not read again when the place in the stream is lost. */
const LOOK_BACK_MS = 10_000;

export interface BroadcastParts {
  /** A connection of its own: its reads block. */
  readonly reader: Redis;
  readonly stream: string;
  readonly agent: string;
  /** Public key of the fleet's broadcasts. */
  readonly publicKey: string;
  readonly clock: BusClock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Applies a verified message as one of the inbox. */
  apply(message: ControlMessage): Promise<void>;
}

/** What is told to all agents at once. */
export interface Broadcasts {
  /** When the reading loop last came back from Redis, Redis time; undefined before that. */
  readAt(): number | undefined;
  /** Reads what comes from now on, until the signal aborts. What comes while Redis is away is read when it is back. */
  run(): Promise<void>;
}

export function createBroadcasts(parts: BroadcastParts): Broadcasts {
  return new BroadcastReader(parts);
}

class BroadcastReader implements Broadcasts {
  readonly #parts: BroadcastParts;
  readonly #open: (signed: string) => string | null;
  #readAt: number | undefined;
  #last: string;

  constructor(parts: BroadcastParts) {
    this.#parts = parts;
    this.#open = openBroadcasts(parts.publicKey);
    this.#last = `${parts.clock.now()}-0`;
  }

  readAt(): number | undefined {
    return this.#readAt;
  }

  async run(): Promise<void> {
    const { reader, signal, log } = this.#parts;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await untilReady(reader, signal);
        await this.#readOnce();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (failures === 0) log.warn("broadcasts cannot be read; I keep trying", { reason: messageOf(error) });
        reconnectIfSilent(reader, error);
        await pause(backoffMs(failures), signal);
        failures += 1;
      }
    }
  }

  async #readOnce(): Promise<void> {
    const { reader, stream, clock } = this.#parts;
    const answer = await reader.xread("COUNT", PAGE, "BLOCK", BLOCK_MS, "STREAMS", stream, this.#last);
    this.#readAt = clock.now();
    const entries = parseEntries(answer);
    if (entries.length === 0) await this.#findPlace();
    for (const entry of entries) {
      this.#last = entry.id;
      await this.#take(entry);
    }
  }

  /** Ids are Redis time. After Redis lost its data and its clock was set back all that comes is older than what was read. */
  async #findPlace(): Promise<void> {
    const { reader, stream, clock } = this.#parts;
    if (Number.parseInt(this.#last, 10) <= clock.now()) return;
    const [newest] = await reader.xrevrange(stream, "+", "-", "COUNT", 1);
    if (newest === undefined || newest[0] !== this.#last) this.#last = `${clock.now() - LOOK_BACK_MS}-0`;
  }

  async #take(entry: Entry): Promise<void> {
    const { agent, log, apply } = this.#parts;
    const message = this.#verify(entry);
    if (typeof message === "string") {
      log.warn("a broadcast is refused", { entry: entry.id, reason: message });
      return;
    }
    const { to, ...common } = message;
    if (to !== null && !Object.hasOwn(to, agent)) return;
    await apply({ ...common, epoch: to?.[agent] ?? null });
  }

  /** The message, or why it is refused. */
  #verify({ fields }: Entry): BroadcastMessage | string {
    const json = this.#open(fields.m ?? "");
    if (json === null) return "not signed with the fleet's key";
    const payload = parseJson(json);
    const parsed = broadcastMessage.safeParse(payload);
    return parsed.success ? parsed.data : whyRefused(payload, parsed.error.issues[0]?.message);
  }
}
