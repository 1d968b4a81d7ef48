import { INBOX_GROUP } from "@rollcall/core/protocol/keys.ts";
import { openSeal } from "@rollcall/core/protocol/seal.ts";
import { readOtherMajor } from "@rollcall/core/protocol/version.ts";
import { type ControlMessage, controlMessage, PROTOCOL_WORDS } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import type { BusClock } from "./clock.ts";
import { BLOCK_MS } from "./connection.ts";
import type { Acknowledge } from "./control.ts";
import type { Entry } from "./deliver.ts";
import { type Log, messageOf } from "./log.ts";
import { backoffMs, ensureGroup, isMissingGroup, pause, persist, untilReady } from "./persist.ts";
import { parseEntries, reconnectIfSilent } from "./topic-reader.ts";

const PAGE = 32;
// A second process with this agent's id may have taken a message and left it when it saw that it is fenced.
const SWEEP_MS = 10_000;

export interface InboxParts {
  readonly reader: Redis;
  readonly control: Redis;
  readonly stream: string;
  readonly agent: string;
  readonly key: string;
  readonly clock: BusClock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Applies a verified message; acknowledges it when it is applied or refused. */
  apply(message: ControlMessage, ack: Acknowledge): Promise<void>;
}

/** The agent's own ear. */
export interface Inbox {
  /** When the reading loop last came back from Redis, Redis time. */
  readAt(): number;
  /** Reads until the signal aborts; first what an earlier process left. */
  run(): Promise<void>;
}

export function createInbox(parts: InboxParts): Inbox {
  return new InboxReader(parts);
}

class InboxReader implements Inbox {
  readonly #parts: InboxParts;
  /** Ids being applied: Redis shows them as pending, but they must not begin twice. */
  readonly #inHand = new Set<string>();
  #readAt: number;
  #recoverAfter: string | null = "0";
  #sweptAt = performance.now();

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#readAt = parts.clock.now();
  }

  readAt(): number {
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
        this.#recoverAfter = "0";
        if (failures === 0 && !isMissingGroup(error)) {
          log.warn("my inbox cannot be read; I keep trying", { reason: messageOf(error) });
        }
        reconnectIfSilent(reader, error);
        await pause(backoffMs(failures), signal);
        failures += 1;
      }
    }
  }

  async #readOnce(): Promise<void> {
    const { reader, control, stream, agent, clock } = this.#parts;
    if (performance.now() - this.#sweptAt > SWEEP_MS) this.#recoverAfter = "0";
    if (this.#recoverAfter === "0") this.#sweptAt = performance.now();
    if (this.#recoverAfter === "0") await ensureGroup(control, stream, INBOX_GROUP);
    const group = ["GROUP", INBOX_GROUP, agent, "COUNT", PAGE] as const;
    const answer =
      this.#recoverAfter === null
        ? await reader.xreadgroup(...group, "BLOCK", BLOCK_MS, "STREAMS", stream, ">")
        : await reader.xreadgroup(...group, "STREAMS", stream, this.#recoverAfter);
    this.#readAt = clock.now();
    const entries = parseEntries(answer);
    if (this.#recoverAfter !== null) this.#recoverAfter = entries.at(-1)?.id ?? null;
    for (const entry of entries) await this.#take(entry);
  }

  async #take(entry: Entry): Promise<void> {
    if (this.#inHand.has(entry.id)) return;
    this.#inHand.add(entry.id);
    const ack = () => this.#acknowledge(entry.id);
    const message = this.#open(entry);
    if (message === null) {
      void ack(); // Nobody waits for it, and what comes behind it must not either.
      return;
    }
    await this.#parts.apply(message, ack);
  }

  #open(entry: Entry): ControlMessage | null {
    const { key, log } = this.#parts;
    const json = openSeal(key, entry.fields.m ?? "");
    if (json === null) {
      log.warn("a control message is refused: not signed with my key", { entry: entry.id });
      return null;
    }
    const payload = parseJson(json);
    const parsed = controlMessage.safeParse(payload);
    if (parsed.success) return parsed.data;
    log.warn("a control message is refused: not of this protocol", {
      entry: entry.id,
      reason: whyRefused(payload, parsed.error.issues[0]?.message),
    });
    return null;
  }

  async #acknowledge(id: string): Promise<void> {
    const { control, stream, signal, log } = this.#parts;
    try {
      await persist(() => control.xack(stream, INBOX_GROUP, id), signal);
    } catch (error) {
      // It is read again, and answered from the ledger.
      log.warn("a control message is not acknowledged", { entry: id, reason: messageOf(error) });
    }
    this.#inHand.delete(id);
  }
}

/** "it is of protocol 2.0, I speak 1.1", or what is wrong with its form. */
export function whyRefused(payload: unknown, problem = "of another form"): string {
  const other = readOtherMajor(payload);
  return other === null ? problem : `it is of protocol ${other.version}, I speak ${PROTOCOL_WORDS}`;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // The schema refuses it.
  }
}
