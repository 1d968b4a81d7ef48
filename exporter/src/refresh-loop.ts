import { READ_PROBLEMS, type ReadProblemReason, reasonOf } from "./read-problem.ts";
import type { Snapshot } from "./snapshot.ts";

export interface RefreshOptions {
  /** Reads the bus; must answer or fail within seconds. */
  readonly read: () => Promise<Snapshot>;
  readonly refreshSeconds: number;
  /** A snapshot older than this is not published. */
  readonly maxAgeSeconds: number;
  /** Called when readings begin to fail, and when the reason changes. */
  readonly onProblem: (reason: ReadProblemReason, error: unknown) => void;
  readonly onRecovery: () => void;
}

/** How the readings go. Ages are by the monotonic clock, so that a clock that is set does not matter. */
export interface RefreshState {
  /** null: there is none, or it is too old to be shown. */
  readonly snapshot: Snapshot | null;
  /** Infinity before the first one. */
  readonly snapshotAgeSeconds: number;
  readonly lastDurationSeconds: number | null;
  readonly failures: Readonly<Record<ReadProblemReason, number>>;
  /** Why the newest reading failed; null if it did not. "starting" before the first one has ended. */
  readonly problem: ReadProblemReason | "starting" | null;
}

/** Pause after a reading that takes so long that the next cannot be in time anyway. */
const SHORTEST_REST_MS = 100;

/** Reads the bus again and again; what it knows can be asked at any time and is answered from memory. */
export class RefreshLoop {
  readonly #options: RefreshOptions;
  readonly #failures = Object.fromEntries(READ_PROBLEMS.map((reason) => [reason, 0])) as Record<
    ReadProblemReason,
    number
  >;
  #newest: { snapshot: Snapshot; at: number } | null = null;
  #lastDurationSeconds: number | null = null;
  #problem: RefreshState["problem"] = "starting";
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: RefreshOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#refresh();
  }

  /** Begins no further reading; one that is under way is not waited for. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  state(): RefreshState {
    const age = this.#newest === null ? Number.POSITIVE_INFINITY : (performance.now() - this.#newest.at) / 1000;
    return {
      snapshot: age <= this.#options.maxAgeSeconds ? (this.#newest?.snapshot ?? null) : null,
      snapshotAgeSeconds: age,
      lastDurationSeconds: this.#lastDurationSeconds,
      failures: this.#failures,
      problem: this.#problem,
    };
  }

  async #refresh(): Promise<void> {
    const startedAt = performance.now();
    let failed = false;
    try {
      // The age counts from before the reading: what it found is at least that old.
      this.#newest = { snapshot: await this.#options.read(), at: startedAt };
      if (this.#problem !== null && this.#problem !== "starting") this.#options.onRecovery();
      this.#problem = null;
    } catch (error) {
      failed = true;
      this.#fail(error);
    }
    const tookMs = performance.now() - startedAt;
    this.#lastDurationSeconds = tookMs / 1000;
    if (this.#isStopped) return;
    const restMs = failed ? 0 : this.#restMs(tookMs);
    this.#timer = setTimeout(
      () => void this.#refresh(),
      Math.max(restMs, this.#options.refreshSeconds * 1000 - tookMs),
    );
  }

  /**
   * A fleet too large for this machine is read less often: readings without a pause would leave scrapes no room. But the
   * next reading must have ended before this one is too old to be shown, also if it takes half as long again.
   */
  #restMs(tookMs: number): number {
    const spareMs = this.#options.maxAgeSeconds * 1000 - 2.5 * tookMs;
    return Math.min(tookMs, Math.max(SHORTEST_REST_MS, spareMs));
  }

  #fail(error: unknown): void {
    const reason = reasonOf(error);
    this.#failures[reason] += 1;
    if (this.#problem !== reason) this.#options.onProblem(reason, error);
    this.#problem = reason;
  }
}
