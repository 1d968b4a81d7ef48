import { pause } from "./persist.ts";

/** Something for the work loop. `run` deals with its own failures; `name` is a topic, or the agent's own periodic work. */
export interface WorkItem {
  readonly name: string;
  run(): Promise<void>;
}

/** What a heartbeat says of the work loop. Times are of the bus. */
export interface WorkState {
  readonly inFlight: number;
  readonly oldestInFlightAt: number | null;
  /** In items, all together, the one in hand too. */
  readonly busySeconds: number;
  readonly canary: {
    readonly handledAt: number | null;
    readonly tookMs: number | null;
    readonly waitingSince: number | null;
  };
}

/** How a canary went through the loop, ms. */
export interface CanaryPassage {
  readonly waitedMs: number;
  readonly tookMs: number;
}

/**
 * The one serial loop of an agent: business items and canaries pass through the same place, so a canary that comes back
 * proves that work is done. Canaries go in front, or a long backlog would look like a broken loop.
 */
export interface WorkQueue {
  add(item: WorkItem): void;
  /** Calls back once the loop has handled it. @returns false if too many wait already */
  addCanary(handled: (passage: CanaryPassage) => void): boolean;
  state(): WorkState;
  /** Resolves when the loop has handled its first canary. */
  readonly firstCanary: Promise<void>;
  /** Takes nothing more, until `reopen`. */
  close(): void;
  reopen(): void;
  /** Begins no further item while true; canaries pass. */
  hold(isHeld: boolean): void;
  /** Items that wait or are in hand. */
  size(): number;
  /** Resolves when the item in hand, if any, is finished. */
  idle(): Promise<void>;
  /** Drill: the loop never comes back from its current or next item. */
  hang(): void;
  /** Drill: each item stays in hand for this long, also the one in hand now; canaries pass meanwhile. 0 ends it. */
  holdItems(milliseconds: number): void;
}

export interface WorkQueueOptions {
  now(): number;
  /** Asked before each item; false takes nothing more. */
  mayWork(): Promise<boolean>;
}

// One comes every 15 s: this many wait after five minutes, and each more would say nothing new.
const MOST_CANARIES_WAITING = 20;

const HOLD_STEP_MS = 100;

export function createWorkQueue({ now, mayWork }: WorkQueueOptions): WorkQueue {
  return new SerialQueue(now, mayWork);
}

interface WaitingCanary {
  readonly arrivedAt: number;
  readonly handled: (passage: CanaryPassage) => void;
}

class SerialQueue implements WorkQueue {
  readonly #now: () => number;
  readonly #mayWork: () => Promise<boolean>;
  #items: WorkItem[] = [];
  #canaries: WaitingCanary[] = [];
  #closed = false;
  #held = false;
  #hung = false;
  #holdMs = 0;
  #running: Promise<void> | null = null;
  #item: Promise<void> | null = null;
  #itemSince: number | null = null;
  #busyMs = 0;
  #busySince: number | null = null;
  #canaryHandledAt: number | null = null;
  #canaryTookMs: number | null = null;
  readonly #first = Promise.withResolvers<void>();

  constructor(now: () => number, mayWork: () => Promise<boolean>) {
    this.#now = now;
    this.#mayWork = mayWork;
  }

  add(item: WorkItem): void {
    this.#items.push(item);
    this.#start();
  }

  addCanary(handled: (passage: CanaryPassage) => void): boolean {
    if (this.#canaries.length >= MOST_CANARIES_WAITING) return false;
    this.#canaries.push({ arrivedAt: this.#now(), handled });
    this.#start();
    return true;
  }

  get firstCanary(): Promise<void> {
    return this.#first.promise;
  }

  state(): WorkState {
    return {
      inFlight: this.#itemSince === null ? 0 : 1,
      oldestInFlightAt: this.#itemSince,
      busySeconds: (this.#busyMs + (this.#busySince === null ? 0 : performance.now() - this.#busySince)) / 1000,
      canary: {
        handledAt: this.#canaryHandledAt,
        tookMs: this.#canaryTookMs,
        waitingSince: this.#canaries[0]?.arrivedAt ?? null,
      },
    };
  }

  close(): void {
    this.#closed = true;
  }

  reopen(): void {
    this.#closed = false;
    this.#start();
  }

  hold(isHeld: boolean): void {
    this.#held = isHeld;
    if (!isHeld) this.#start();
  }

  size(): number {
    return this.#items.length + (this.#itemSince === null ? 0 : 1);
  }

  async idle(): Promise<void> {
    await this.#item;
  }

  hang(): void {
    this.#hung = true;
    this.add({ name: "drill", run: async () => undefined });
  }

  holdItems(milliseconds: number): void {
    this.#holdMs = milliseconds;
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // Something may have come between the loop's last look and its end.
      if (this.#hasWork()) this.#start();
    });
  }

  #hasWork(): boolean {
    const canBegin = this.#items.length > 0 && !this.#held;
    return !this.#closed && (canBegin || this.#canaries.length > 0);
  }

  async #run(): Promise<void> {
    while (this.#hasWork()) {
      if (!(await this.#mayWork())) return this.close();
      if (this.#closed) return;
      await this.#handleNext();
    }
  }

  async #handleNext(): Promise<void> {
    const canary = this.#hung ? undefined : this.#canaries.shift();
    if (canary) return this.#handleCanary(canary);
    if (this.#held && !this.#hung) return;
    this.#item = this.#handleItem();
    await this.#item;
    this.#item = null;
  }

  async #handleItem(): Promise<void> {
    const item = this.#items.shift();
    this.#itemSince = this.#now();
    // The clock of the bus is an estimate that may be set back; a count may not.
    const busySince = performance.now();
    this.#busySince = busySince;
    await item?.run();
    await this.#hold();
    if (this.#hung) await new Promise<never>(() => undefined);
    this.#busyMs += performance.now() - busySince;
    this.#busySince = null;
    this.#itemSince = null;
  }

  /** As an item that waits for something slow: the loop looks after canaries between two looks at it. */
  async #hold(): Promise<void> {
    while (!this.#closed && this.#now() - (this.#itemSince ?? 0) < this.#holdMs) {
      const canary = this.#canaries.shift();
      if (canary) this.#handleCanary(canary);
      else await pause(HOLD_STEP_MS);
    }
  }

  #handleCanary({ arrivedAt, handled }: WaitingCanary): void {
    const takenAt = this.#now();
    const waitedMs = Math.max(0, takenAt - arrivedAt);
    this.#canaryHandledAt = takenAt;
    this.#canaryTookMs = waitedMs;
    this.#first.resolve();
    handled({ waitedMs, tookMs: Math.max(0, this.#now() - takenAt) });
  }
}
