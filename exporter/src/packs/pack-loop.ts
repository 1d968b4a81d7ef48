import type { RawRedis } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import type { Sample } from "../family.ts";
import { READ_PROBLEMS, type ReadProblemReason, reasonOf } from "../read-problem.ts";
import { PackCounter } from "./pack-counter.ts";
import type { PackMetric } from "./pack-file.ts";
import type { PackState, PackStateFile } from "./pack-state-file.ts";
import { PackTopic, type TopicProgress } from "./pack-topic.ts";

/** Why counting did not go on; "state" means that what was counted could not be kept. */
type PackProblem = ReadProblemReason | "state";

/** What all packs have counted. */
export interface PacksView {
  /** Age of what is shown; Infinity if there is nothing yet. */
  readonly ageSeconds: number;
  readonly failures: Readonly<Record<PackProblem, number>>;
  readonly topics: readonly TopicProgress[];
  /** By metric: events of which a value was shown as "other", and those without a number to add. */
  readonly metrics: readonly { readonly name: string; readonly bounded: number; readonly unusable: number }[];
  /** None if they are too old to be shown. */
  samples(metric: string): readonly Sample[];
}

export interface PackLoopOptions {
  readonly metrics: readonly PackMetric[];
  readonly redis: RawRedis;
  readonly fleet: string;
  readonly file: PackStateFile;
  readonly refreshSeconds: number;
  readonly maxAgeSeconds: number;
  /** Called when counting begins to fail, and when the reason changes. */
  readonly onProblem: (reason: PackProblem, error: unknown) => void;
}

/** Events of one reading; a longer one would keep what was counted from being shown. */
const MOST_EVENTS_A_READING = 5000;
/** Pause between two readings while events wait. */
const SHORT_PAUSE_MS = 20;

/**
 * Counts events again and again. Shown is only what is kept already: after a crash counting goes on from there, so a
 * counter never falls back, and no event is counted twice.
 */
export class PackLoop {
  readonly #options: PackLoopOptions;
  readonly #failures = Object.fromEntries([...READ_PROBLEMS, "state"].map((reason) => [reason, 0])) as Record<
    PackProblem,
    number
  >;
  readonly #counters: readonly PackCounter[];
  readonly #topics: readonly PackTopic[];
  #shown: Pick<PacksView, "topics" | "metrics"> & { samples: ReadonlyMap<string, Sample[]>; at: number };
  #problem: PackProblem | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #reading: Promise<void> = Promise.resolve();

  /** @param kept of an earlier process */
  constructor(options: PackLoopOptions, kept: PackState | null) {
    this.#options = options;
    this.#counters = options.metrics.map(
      (metric) =>
        new PackCounter(
          metric,
          kept?.counters.find(({ name }) => name === metric.name),
        ),
    );
    const keys = keysOf(options.fleet);
    this.#topics = [...new Set(options.metrics.map(({ topic }) => topic))].map((topic) => {
      const counters = this.#counters.filter(({ metric }) => metric.topic === topic);
      const begun = kept?.topics.find((one) => one.topic === topic);
      return new PackTopic(keys.topic(topic), counters, begun ?? { topic, ...NOT_BEGUN });
    });
    this.#shown = { ...this.#take(), at: Number.NEGATIVE_INFINITY };
  }

  start(): void {
    this.#reading = this.#refresh();
  }

  /** Ends when a reading that is under way has. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#reading;
  }

  view(): PacksView {
    const { at, samples, topics, metrics } = this.#shown;
    const ageSeconds = (performance.now() - at) / 1000;
    const isYoung = ageSeconds <= this.#options.maxAgeSeconds;
    return {
      ...{ ageSeconds, failures: this.#failures, topics, metrics },
      samples: (metric) => (isYoung ? (samples.get(metric) ?? []) : []),
    };
  }

  async #refresh(): Promise<void> {
    const startedAt = performance.now();
    let isBehind = false;
    try {
      isBehind = await this.#count();
      await this.#keep();
      this.#shown = { ...this.#take(), at: startedAt };
      this.#problem = null;
    } catch (error) {
      this.#fail(error);
    }
    if (this.#isStopped) return;
    const pauseMs = this.#options.refreshSeconds * 1000 - (performance.now() - startedAt);
    this.#timer = setTimeout(() => this.start(), isBehind ? SHORT_PAUSE_MS : Math.max(SHORT_PAUSE_MS, pauseMs));
  }

  /** All topics in turn, some events of each. @returns whether events still wait */
  async #count(): Promise<boolean> {
    let left = MOST_EVENTS_A_READING;
    let behind = this.#topics;
    while (behind.length > 0 && left > 0) {
      const advanced: PackTopic[] = [];
      for (const topic of behind) {
        const { entries, isAtEnd } = await topic.advance(this.#options.redis);
        left -= entries;
        if (!isAtEnd) advanced.push(topic);
      }
      behind = advanced;
    }
    return behind.length > 0;
  }

  async #keep(): Promise<void> {
    const state = {
      topics: this.#topics.map((topic) => topic.keep()),
      counters: this.#counters.map((counter) => counter.keep()),
    };
    await this.#options.file.write(state).catch((cause: unknown) => {
      throw new NotKept(cause);
    });
  }

  #take() {
    return {
      topics: this.#topics.map((topic) => topic.progress()),
      metrics: this.#counters.map(({ metric, bounded, unusable }) => ({ name: metric.name, bounded, unusable })),
      samples: new Map(this.#counters.map((one) => [one.metric.name, one.samples(this.#options.fleet)])),
    };
  }

  #fail(error: unknown): void {
    const reason = error instanceof NotKept ? "state" : reasonOf(error);
    this.#failures[reason] += 1;
    if (this.#problem !== reason) this.#options.onProblem(reason, error);
    this.#problem = reason;
  }
}

const NOT_BEGUN = { position: null, ordinal: 0, counted: 0, malformed: 0, missed: 0 };

class NotKept extends Error {
  constructor(cause: unknown) {
    super("what packs have counted cannot be kept", { cause });
    this.name = "NotKept";
  }
}
