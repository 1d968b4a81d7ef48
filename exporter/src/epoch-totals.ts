import { type Heartbeat, LATENCY_BUCKETS_SECONDS, type TaskTotals } from "@rollcall/core/protocol.ts";

/** Totals of one topic or of one agent, which only ever grow. */
export interface Totals {
  done: number;
  failed: number;
  /** One count per bucket, not summed up; the last is +Inf. */
  readonly latency: number[];
  latencySumSeconds: number;
}

interface Remembered {
  readonly epoch: number;
  readonly tasks: Heartbeat["tasks"];
  readonly own: Totals;
}

const BUCKETS = LATENCY_BUCKETS_SECONDS.length + 1;
const empty = (): Totals => ({ done: 0, failed: 0, latency: new Array<number>(BUCKETS).fill(0), latencySumSeconds: 0 });

const NOTHING: Readonly<Totals> = empty();

/**
 * Adds up what agents count, by differences. An agent's totals begin again at 0 with each epoch, so raw values are never
 * summed. What an agent had counted before this exporter began is not counted again: it was when it happened.
 */
export class EpochTotals {
  readonly #agents = new Map<string, Remembered>();
  readonly #topics = new Map<string, Totals>();
  readonly #beganAt: number;

  /** @param beganAt Redis time in ms of the exporter's first reading */
  constructor(beganAt: number) {
    this.#beganAt = beganAt;
  }

  add(beat: Heartbeat): void {
    const known = this.#agents.get(beat.agent);
    if (known !== undefined && known.tasks === beat.tasks) return; // The very beat that was added last.
    const own = known?.own ?? empty();
    const before = known === undefined ? this.#firstBase(beat) : known.epoch === beat.epoch ? known.tasks : {};
    for (const [topic, now] of Object.entries(beat.tasks)) {
      const difference = subtract(now, before[topic]);
      addTo(own, difference);
      addTo(this.#ofTopic(topic), difference);
    }
    this.#agents.set(beat.agent, { epoch: beat.epoch, tasks: beat.tasks, own });
  }

  /** Of the agent, over all its epochs since the exporter began. */
  ofAgent(agent: string): Readonly<Totals> {
    return this.#agents.get(agent)?.own ?? NOTHING;
  }

  /** Of all agents that ever handled the topic since the exporter began. */
  ofTopic(topic: string): Readonly<Totals> {
    return this.#topics.get(topic) ?? NOTHING;
  }

  /** Forgets agents that are expected no more; what they did stays in the topics. */
  keepOnly(agents: ReadonlySet<string>): void {
    for (const id of this.#agents.keys()) if (!agents.has(id)) this.#agents.delete(id);
  }

  #firstBase(beat: Heartbeat): Heartbeat["tasks"] {
    return beat.startedAt >= this.#beganAt ? {} : beat.tasks;
  }

  #ofTopic(topic: string): Totals {
    const found = this.#topics.get(topic) ?? empty();
    this.#topics.set(topic, found);
    return found;
  }
}

/** A total that went back within one epoch is a fault of the agent; it counts as no change. */
const difference = (now: number, before: number | undefined): number => Math.max(0, now - (before ?? 0));

const subtract = (now: TaskTotals, before: TaskTotals | undefined): TaskTotals => ({
  done: difference(now.done, before?.done),
  failed: difference(now.failed, before?.failed),
  latency: now.latency.map((count, index) => difference(count, before?.latency[index])),
  latencySumSeconds: difference(now.latencySumSeconds, before?.latencySumSeconds),
});

function addTo(totals: Totals, added: TaskTotals): void {
  totals.done += added.done;
  totals.failed += added.failed;
  totals.latencySumSeconds += added.latencySumSeconds;
  for (const [index, count] of added.latency.entries()) totals.latency[index] = (totals.latency[index] ?? 0) + count;
}
