import type { Envelope } from "@rollcall/core/protocol.ts";
import type { Acks } from "./acks.ts";
import type { BusClock } from "./clock.ts";
import type { Park } from "./dead-letters.ts";
import { MalformedEvent, parseEvent } from "./event.ts";
import type { Handler, WorkContext } from "./handler.ts";
import { type Log, messageOf } from "./log.ts";
import type { Figures } from "./metrics/figures.ts";
import type { TaskMeter } from "./metrics/latency.ts";
import { Interrupted, pause } from "./persist.ts";
import { inTraceOf } from "./tracing.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Tries of one event in one process before it is parked. */
const MOST_ATTEMPTS = 3;
// Redis' answer to "what is pending" may be older than our acknowledgement; ids finished lately are not taken again.
const FINISHED_KEPT = 512;
// A process that dies over an event cannot count its tries, Redis can. More than MOST_ATTEMPTS, because a restart also
// delivers again what had only been waiting.
const MOST_DELIVERIES = 10;

/** A stream entry as it was delivered. */
export interface Entry {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
  /** How often Redis has handed it out. */
  readonly deliveries: number;
}

export interface DeliveryParts {
  readonly agent: string;
  readonly topic: string;
  readonly handler: Handler;
  readonly queue: WorkQueue;
  readonly acks: Acks;
  readonly park: Park;
  readonly meter: TaskMeter;
  readonly figures: Figures;
  readonly clock: BusClock;
  readonly log: Log;
  readonly signal: AbortSignal;
  contextOf(event: Envelope): WorkContext;
}

/** Takes the entries of one topic to the work loop, and each to its end: acknowledged, or parked with the reason. */
export interface Delivery {
  /** Lets it wait for the work loop, or begins to park it. Known ones are left alone. */
  take(entry: Entry): void;
  /** Entries that the work loop has or will have. */
  size(): number;
  /** Entries in hand that are not with the work loop: those that are being parked, and those that wait for another try. */
  aside(): number;
  /** In hand, or finished lately. */
  knows(id: string): boolean;
  /** Resolves when the work loop has fewer than so many, and fewer than so many are being parked, or the signal aborts. */
  room(limits: { readonly working: number; readonly parking: number }): Promise<void>;
}

/** An event on its way through the work loop. */
interface Delivered {
  readonly entry: Entry;
  readonly event: Envelope;
  readonly attempt: number;
  readonly times: { readonly deliverSeconds: number; readonly takenAt: number };
}

/** The stream's own id holds Redis time of the publication, ms. */
const publishedAt = ({ id }: Entry): number => Number.parseInt(id, 10);

const beginTimes = (entry: Entry, now: number): Delivered["times"] => ({
  deliverSeconds: Math.max(0, now - publishedAt(entry)) / 1000,
  takenAt: performance.now(),
});

export function createDelivery(parts: DeliveryParts): Delivery {
  return new TopicDelivery(parts);
}

class TopicDelivery implements Delivery {
  readonly #parts: DeliveryParts;
  readonly #inHand = new Set<string>();
  /** Of those in hand: an outage of Redis holds them, the work loop does not. */
  readonly #parking = new Set<string>();
  readonly #finished = new Set<string>();
  #waitingAgain = 0;
  #onRoom: (() => void) | null = null;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    parts.signal.addEventListener("abort", () => this.#onRoom?.(), { once: true });
  }

  size(): number {
    return this.#inHand.size - this.#parking.size;
  }

  aside(): number {
    return this.#parking.size + this.#waitingAgain;
  }

  knows(id: string): boolean {
    return this.#inHand.has(id) || this.#finished.has(id);
  }

  async room({ working, parking }: Parameters<Delivery["room"]>[0]): Promise<void> {
    while ((this.size() >= working || this.#parking.size >= parking) && !this.#parts.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  take(entry: Entry): void {
    if (this.knows(entry.id)) return;
    this.#inHand.add(entry.id);
    this.#parts.figures.delivered(entry.deliveries);
    const parsed = parseEvent(this.#parts.topic, entry.fields.e);
    if (!parsed.ok) this.#refuse(entry, parsed.reason);
    else if (parsed.event.probe || !this.#isForUs(parsed.event)) this.#finish(entry.id);
    else if (entry.deliveries > MOST_DELIVERIES)
      this.#refuse(entry, `handed out ${entry.deliveries} times, never done`);
    else {
      const times = beginTimes(entry, this.#parts.clock.now());
      this.#parts.figures.stages.observe("deliver", times.deliverSeconds, parsed.event.traceparent);
      this.#queue({ entry, event: parsed.event, attempt: 1, times });
    }
  }

  #refuse(entry: Entry, reason: string): void {
    this.#parts.meter.failed();
    void this.#parkOrKeep(entry, reason, 0);
  }

  /** A replay is meant for the one agent that could not handle it; the others had it already. */
  #isForUs({ onlyfor }: Envelope): boolean {
    return onlyfor === undefined || onlyfor === this.#parts.agent;
  }

  #queue(delivered: Delivered): void {
    this.#parts.queue.add({ name: this.#parts.topic, run: () => this.#handle(delivered) });
  }

  async #handle(delivered: Delivered): Promise<void> {
    const { entry, event, attempt, times } = delivered;
    const { meter, clock, handler, contextOf, figures } = this.#parts;
    const handlerAt = performance.now();
    if (attempt === 1) {
      meter.observe((clock.now() - publishedAt(entry)) / 1000);
      figures.stages.observe("wait", (handlerAt - times.takenAt) / 1000, event.traceparent);
    }
    try {
      await inTraceOf(event, { name: "handle event", beginsTrace: true, about: this.#about(entry, attempt) }, () =>
        handler(event, contextOf(event)),
      );
    } catch (error) {
      return this.#fail(delivered, error);
    }
    meter.done();
    this.#tellTimes(delivered, handlerAt);
    this.#finish(entry.id);
  }

  /** Of events that were handled well: of the others there is no end to measure to. */
  #tellTimes({ event: { traceparent }, times }: Delivered, handlerAt: number): void {
    const { stages } = this.#parts.figures;
    const now = performance.now();
    stages.observe("handle", (now - handlerAt) / 1000, traceparent);
    stages.observe("total", times.deliverSeconds + (now - times.takenAt) / 1000, traceparent);
  }

  #about({ id }: Entry, attempt: number) {
    const { topic } = this.#parts;
    return { "messaging.destination.name": topic, "messaging.message.id": id, "rollcall.delivery.attempt": attempt };
  }

  async #fail(tried: Delivered, error: unknown): Promise<void> {
    const { entry, attempt } = tried;
    if (error instanceof Interrupted) return;
    const final = error instanceof MalformedEvent || attempt >= MOST_ATTEMPTS;
    this.#parts.log.warn(final ? "an event is parked" : "an event failed; I try again", {
      topic: this.#parts.topic,
      id: entry.id,
      attempt,
      reason: messageOf(error),
    });
    if (!final) {
      void this.#again({ ...tried, attempt: attempt + 1 });
      return;
    }
    this.#parts.meter.failed();
    await this.#parkOrKeep(entry, messageOf(error), attempt);
  }

  /** 100 ms, 400 ms: its neighbours go on meanwhile. */
  async #again(delivered: Delivered): Promise<void> {
    this.#waitingAgain += 1;
    await pause(25 * 4 ** (delivered.attempt - 1), this.#parts.signal);
    this.#waitingAgain -= 1;
    if (!this.#parts.signal.aborted) this.#queue(delivered);
  }

  async #parkOrKeep(entry: Entry, reason: string, attempts: number): Promise<void> {
    const { topic, park, log } = this.#parts;
    this.#parking.add(entry.id);
    try {
      await park({ topic, id: entry.id, body: entry.fields.e, reason, attempts });
      this.#finish(entry.id);
    } catch (error) {
      // It stays pending: a later start, or a mended Redis user, takes it up again.
      this.#letGo(entry.id);
      if (!(error instanceof Interrupted)) log.error("an event cannot be parked", { topic, reason: messageOf(error) });
    }
  }

  #finish(id: string): void {
    this.#parts.acks.add(id);
    this.#finished.add(id);
    const [oldest] = this.#finished;
    if (this.#finished.size > FINISHED_KEPT) this.#finished.delete(oldest as string);
    this.#letGo(id);
  }

  #letGo(id: string): void {
    this.#inHand.delete(id);
    this.#parking.delete(id);
    this.#onRoom?.();
  }
}
