import { END_OF_FAULTS, FAULTS, type Fault } from "@rollcall/core/protocol/faults.ts";
import type { Heartbeat } from "@rollcall/core/protocol.ts";
import { createLeak } from "./leak.ts";
import type { Log } from "./log.ts";
import type { Outcome } from "./replies.ts";
import type { WorkQueue } from "./work-queue.ts";

/** The fault that is none: it has no effect, is allowed everywhere, and shows from outside that the ledger works. */
const NO_FAULT = "none";
/** A rehearsal that somebody forgot ends by itself. */
const LONGEST_MS = 10 * 60_000;
/** Longer than what is normal for any item of the sample fleet. */
const SLOW_ITEM_MS = 60_000;
const SKEW_MS = 3_600_000;
const WRONG_MAJOR = 2;

const isFault = (name: string | undefined): name is Fault => FAULTS.some((fault) => fault === name);

/** Subscriptions that a drill can drop. */
export interface Droppable {
  /** The topic that would be dropped next; null if none is read. */
  next(): string | null;
  /** Resolves when Redis hands nothing more to it. */
  drop(): Promise<void>;
  /** Reads all again that were dropped. */
  restore(): void;
}

export interface DrillParts {
  readonly queue: WorkQueue;
  readonly subscriptions: Droppable;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface Drills {
  /** Why this fault is not rehearsed here; null if it may be. */
  refuse(fault: string | undefined): Outcome | null;
  /** What the fault will do here, as far as its name does not say it. */
  detailOf(fault: string | undefined): string | null;
  /** Begins a fault, or ends them; resolves when it is so. */
  begin(fault: string | undefined): Promise<void>;
  /** The heartbeat as the faults let it be seen. */
  disguise(beat: Heartbeat): Record<string, unknown> & { readonly at: number };
}

/** @param allowed only an agent that was started for drills obeys them */
export function createDrills(allowed: boolean, parts: DrillParts): Drills {
  return new FaultSwitches(allowed, parts);
}

class FaultSwitches implements Drills {
  readonly #allowed: boolean;
  readonly #parts: DrillParts;
  readonly #leak = createLeak();
  readonly #on = new Set<Fault>();
  #ends: NodeJS.Timeout | undefined;

  constructor(allowed: boolean, parts: DrillParts) {
    this.#allowed = allowed;
    this.#parts = parts;
    parts.signal.addEventListener("abort", () => this.#endAll(), { once: true });
  }

  refuse(fault: string | undefined): Outcome | null {
    if (fault === NO_FAULT) return null;
    if (!this.#allowed)
      return { outcome: "refused", detail: "drills are not allowed here (ROLLCALL_ALLOW_DRILLS is not true)" };
    if (fault === "drop-subscription" && this.#parts.subscriptions.next() === null)
      return { outcome: "refused", detail: "it reads no topic, so there is no subscription to drop" };
    if (isFault(fault) || fault === END_OF_FAULTS) return null;
    const known = [...FAULTS, END_OF_FAULTS].join(", ");
    return { outcome: "refused", detail: `no such fault "${fault}"; known are ${known}` };
  }

  detailOf(fault: string | undefined): string | null {
    if (fault === "drop-subscription") return `${this.#parts.subscriptions.next()} is not read any more`;
    if (fault === END_OF_FAULTS) return this.#on.size === 0 ? "there was none" : `ended: ${[...this.#on].join(", ")}`;
    return null;
  }

  async begin(fault: string | undefined): Promise<void> {
    if (fault === END_OF_FAULTS) this.#endAll();
    if (!isFault(fault)) return;
    this.#parts.log.warn("a drill begins", { fault });
    await this.#switchOn(fault);
  }

  disguise(beat: Heartbeat) {
    const skewMs = this.#on.has("skewed-clock") ? SKEW_MS : 0;
    return {
      ...beat,
      ...(this.#on.has("wrong-version") && { v: WRONG_MAJOR }),
      at: beat.at + skewMs,
      clockSkewMs: beat.clockSkewMs + skewMs,
    };
  }

  async #switchOn(fault: Fault): Promise<void> {
    const { queue, subscriptions } = this.#parts;
    // What a crash looks like from outside: no goodbye, no last heartbeat.
    if (fault === "crash") process.kill(process.pid, "SIGKILL");
    else if (fault === "hang") queue.hang();
    else if (fault === "stop-consuming") queue.close();
    else {
      this.#on.add(fault);
      if (fault === "slow") queue.holdItems(SLOW_ITEM_MS);
      if (fault === "leak") this.#leak.begin();
      clearTimeout(this.#ends);
      this.#ends = setTimeout(() => this.#endAll(), LONGEST_MS).unref();
      if (fault === "drop-subscription") await subscriptions.drop();
    }
  }

  #endAll(): void {
    clearTimeout(this.#ends);
    if (this.#on.size === 0) return;
    this.#parts.log.warn("drills end", { faults: [...this.#on].join(" ") });
    if (this.#on.has("drop-subscription") && !this.#parts.signal.aborted) this.#parts.subscriptions.restore();
    this.#parts.queue.holdItems(0);
    this.#leak.end();
    this.#on.clear();
  }
}
