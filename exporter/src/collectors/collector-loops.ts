import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Sample } from "../family.ts";
import type { CollectedMetric, Collector, CollectorName, Measured } from "./collector.ts";

/** Why a collection failed; the values of the label `reason`. */
export type CollectionProblem = "timeout" | "unavailable" | "bug";

// What was measured is shown until two further collections have failed to bring anything newer.
const SHOWN_COLLECTIONS = 3;

/** How one collector does. */
export interface CollectorView {
  readonly name: CollectorName;
  /** Whether the newest collection brought something; null before the first has ended. */
  readonly isUp: boolean | null;
  /** Age of what it brought last; Infinity if nothing yet. */
  readonly ageSeconds: number;
  readonly durationSeconds: number | null;
  readonly failures: Readonly<Record<CollectionProblem, number>>;
}

/** What all collectors have brought. */
export interface CollectedState {
  readonly collectors: readonly CollectorView[];
  /** Of all collectors whose figures are young enough. */
  samples(metric: CollectedMetric): readonly Sample[];
}

export const NOTHING_COLLECTED: CollectedState = { collectors: [], samples: () => [] };

type OnProblem = (collector: CollectorName, reason: CollectionProblem, error: unknown) => void;

/** Runs each collector by itself: one that fails or hangs takes nothing from the others, nor from a scrape. */
export class CollectorLoops {
  readonly #loops: readonly CollectorLoop[];

  /** @param onProblem called when collections begin to fail, and when the reason changes */
  constructor(collectors: readonly Collector[], onProblem: OnProblem) {
    this.#loops = collectors.map((collector) => new CollectorLoop(collector, onProblem));
  }

  start(): void {
    for (const loop of this.#loops) void loop.collect();
  }

  /** Begins no further collection, and ends those that are under way. */
  stop(): void {
    for (const loop of this.#loops) loop.stop();
  }

  state(): CollectedState {
    return {
      collectors: this.#loops.map((loop) => loop.view()),
      samples: (metric) => this.#loops.flatMap((loop) => loop.shown()[metric] ?? []),
    };
  }
}

class CollectorLoop {
  readonly #collector: Collector;
  readonly #onProblem: OnProblem;
  readonly #failures = { timeout: 0, unavailable: 0, bug: 0 };
  readonly #ended = new AbortController();
  #newest: { readonly measured: Measured; readonly at: number } | null = null;
  #problem: CollectionProblem | "starting" | null = "starting";
  #durationSeconds: number | null = null;
  /** A collection whose time is over, and which goes on all the same. */
  #isStuck = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(collector: Collector, onProblem: OnProblem) {
    this.#collector = collector;
    this.#onProblem = onProblem;
  }

  stop(): void {
    this.#ended.abort();
    clearTimeout(this.#timer);
  }

  view(): CollectorView {
    return {
      name: this.#collector.name,
      isUp: this.#problem === "starting" ? null : this.#problem === null,
      ageSeconds: this.#ageSeconds(),
      durationSeconds: this.#durationSeconds,
      failures: this.#failures,
    };
  }

  shown(): Measured {
    const { everySeconds, timeoutSeconds } = this.#collector;
    const isYoung = this.#ageSeconds() <= SHOWN_COLLECTIONS * everySeconds + timeoutSeconds;
    return isYoung ? (this.#newest?.measured ?? {}) : {};
  }

  async collect(): Promise<void> {
    const startedAt = performance.now();
    try {
      const measured = await this.#collectInTime();
      // The age counts from before the collection: what it found is at least that old.
      this.#newest = { measured, at: startedAt };
      this.#problem = null;
    } catch (error) {
      this.#fail(error);
    }
    this.#durationSeconds = (performance.now() - startedAt) / 1000;
    if (this.#ended.signal.aborted) return;
    const pauseMs = Math.max(0, this.#collector.everySeconds * 1000 - (performance.now() - startedAt));
    this.#timer = setTimeout(() => void this.collect(), pauseMs);
  }

  /** Waits no longer than allowed, also for a collector that does not hear the signal; of such a one no second is begun. */
  async #collectInTime(): Promise<Measured> {
    if (this.#isStuck) throw new TimeIsOver();
    const signal = AbortSignal.any([AbortSignal.timeout(this.#collector.timeoutSeconds * 1000), this.#ended.signal]);
    this.#isStuck = true;
    const collected = this.#collector.collect(signal).finally(() => {
      this.#isStuck = false;
    });
    collected.catch(() => undefined);
    const over = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new TimeIsOver()), { once: true });
    });
    return Promise.race([collected, over]);
  }

  #ageSeconds(): number {
    return this.#newest === null ? Number.POSITIVE_INFINITY : (performance.now() - this.#newest.at) / 1000;
  }

  #fail(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    const reason = error instanceof TimeIsOver ? "timeout" : isFailure(error) ? "unavailable" : "bug";
    this.#failures[reason] += 1;
    if (this.#problem !== reason) this.#onProblem(this.#collector.name, reason, error);
    this.#problem = reason;
  }
}

class TimeIsOver extends Error {
  constructor() {
    super("the collection did not end in time");
    this.name = "TimeIsOver";
  }
}
