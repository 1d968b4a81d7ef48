import type { LiveEvent } from "@rollcall/core/live-contract.ts";
import type { ApiLogLine, ApiLogs } from "@rollcall/core/log-contract.ts";
import { refreshToo } from "../api/answers.ts";
import { ask } from "../api/ask.ts";
import { liveStream } from "../api/live.ts";
import { Refusal } from "../api/refusal.ts";
import { Store } from "../api/store.ts";

/** What is known of the lines that fit a search. */
export interface LogView {
  /** Oldest first. */
  readonly lines: readonly ApiLogLine[];
  /** When they were read, by the service's clock; null: never yet. */
  readonly at: number | null;
  /** There are older ones. */
  readonly hasOlder: boolean;
  readonly isReadingOlder: boolean;
  /** The reader looks at older lines: new ones wait. */
  readonly isHeld: boolean;
  /** How many wait; WAITING_MOST says "as many or more". */
  readonly waiting: number;
  /** When the nearest line before this time was written, if none fits; null: there is none. */
  readonly nearest: number | null;
  readonly places: ApiLogs["places"];
  readonly refusal: Refusal | null;
}

const NOTHING: LogView = {
  ...{ lines: [], at: null, hasOlder: false, isReadingOlder: false, isHeld: false, waiting: 0, nearest: null },
  ...{ places: [], refusal: null },
};

const FIRST = 200;
const OLDER = 500;
const NEW = 500;
/** So many are kept of those that came while one looked on; then the list begins anew with the newest. */
const MOST = 20_000;
/** More than this are not kept for who looks at older lines: they are read when they are wanted. */
export const WAITING_MOST = 1000;
/** Asked again so often even while the stream is live: an event may be lost with a connection. */
const AGAIN_MS = 15_000;

/** The lines that fit one search: read page by page to the past, and followed while new ones come in. */
export class LogFeed {
  readonly store = new Store<LogView>(NOTHING);
  readonly #search: string;
  #ids = new Set<string>();
  #waiting: ApiLogLine[] = [];
  #older: string | null = null;
  #newest: string | null = null;
  #isOpen = false;
  #reading: Promise<void> | null = null;
  #asking: Promise<void> | null = null;
  #isAgain = false;

  /** @param search as the service is asked for it, without a place in the log: `who=billing&range=30m` */
  constructor(search: string) {
    this.#search = search;
  }

  /** Reads the newest lines, and those that come after them if it is followed, until the returned function is called. */
  open({ isLive }: { readonly isLive: boolean }): () => void {
    this.#isOpen = true;
    if (this.store.get().at === null) void this.read();
    else if (isLive) void this.#readNew();
    const leave = isLive ? liveStream().listen((event) => this.#hear(event), "logs") : () => undefined;
    const timer = isLive ? setInterval(() => document.hidden || void this.#readNew(), AGAIN_MS) : undefined;
    const forget = refreshToo(() => void this.read());
    return () => {
      this.#isOpen = false;
      clearInterval(timer);
      leave();
      forget();
    };
  }

  /** Begins anew with the newest lines. */
  readonly read = async (): Promise<void> => {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  };

  async #readOnce(): Promise<void> {
    const page = await this.#ask(`limit=${FIRST}`);
    if (page === null) return;
    this.#ids = new Set(page.lines.map(({ id }) => id));
    [this.#waiting, this.#older, this.#newest] = [[], page.older, page.newest];
    const { asOf, lines, nearest, places } = page;
    this.#show({ lines, nearest, places, at: asOf, isHeld: false });
  }

  /** Reads the lines before the oldest that is known; nothing if it is the first. */
  readonly readOlder = async (): Promise<void> => {
    const from = this.#older;
    if (from === null || this.store.get().isReadingOlder) return;
    this.#show({ isReadingOlder: true });
    const page = await this.#ask(`limit=${OLDER}&before=${encodeURIComponent(from)}`);
    this.#show({ isReadingOlder: false });
    // Meanwhile it may have begun anew.
    if (page === null || from !== this.#older) return;
    this.#older = page.older;
    const lines = this.#unknown(page.lines);
    this.#show({ lines: [...lines, ...this.store.get().lines] });
  };

  /** Keeps the list as it is while the reader looks at older lines. */
  readonly hold = (isHeld: boolean): void => {
    if (isHeld === this.store.get().isHeld) return;
    this.#show({ isHeld });
    if (!isHeld) this.#join();
  };

  #join(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const { lines } = this.store.get();
    // Of so many it is not known which were left out.
    if (waiting.length >= WAITING_MOST || lines.length + waiting.length > MOST) void this.read();
    else if (waiting.length > 0) this.#show({ lines: inOrder(lines, waiting) });
  }

  #hear(event: LiveEvent): void {
    const isOurs =
      event.type === "gap" ? event.topics.includes("logs") : event.type === "logs" || event.type === "hello";
    if (isOurs) void this.#readNew();
  }

  async #readNew(): Promise<void> {
    this.#isAgain = true;
    this.#asking ??= this.#readWhileNew().finally(() => {
      this.#asking = null;
    });
    await this.#asking;
  }

  async #readWhileNew(): Promise<void> {
    while (this.#isAgain && this.#isOpen) {
      this.#isAgain = false;
      const from = this.#newest;
      if (from === null) return this.read();
      const page = await this.#ask(`limit=${NEW}&after=${encodeURIComponent(from)}`);
      if (page !== null && from === this.#newest) await this.#take(page);
    }
    return undefined;
  }

  async #take({ lines, newest, places, asOf }: ApiLogs): Promise<void> {
    this.#newest = newest;
    const { isHeld } = this.store.get();
    // More came than one can read: the newest of them are shown, the others are before them.
    if (lines.length >= NEW && !isHeld) return this.read();
    if (this.#waiting.length < WAITING_MOST) this.#waiting.push(...this.#unknown(lines));
    this.#show({ places, at: asOf });
    if (!isHeld) this.#join();
    return undefined;
  }

  #unknown(lines: readonly ApiLogLine[]): ApiLogLine[] {
    const fresh = lines.filter(({ id }) => !this.#ids.has(id));
    for (const { id } of fresh) this.#ids.add(id);
    return fresh;
  }

  async #ask(page: string): Promise<ApiLogs | null> {
    try {
      const answer = await ask<ApiLogs>(`api/v1/logs?${this.#search}${this.#search === "" ? "" : "&"}${page}`);
      if (this.#isOpen) this.#show({ refusal: null });
      return this.#isOpen ? answer : null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#show({ refusal: error });
      return null;
    }
  }

  #show(change: Partial<LogView>): void {
    const hasOlder = this.#older !== null;
    this.store.set({ ...this.store.get(), ...change, hasOlder, waiting: Math.min(WAITING_MOST, this.#waiting.length) });
  }
}

/** Lines that were taken in late stand where they were written. */
function inOrder(known: readonly ApiLogLine[], fresh: readonly ApiLogLine[]): ApiLogLine[] {
  const sorted = fresh.toSorted((one, other) => one.at - other.at);
  const all = [...known, ...sorted];
  const isLate = (sorted[0]?.at ?? 0) < (known.at(-1)?.at ?? 0);
  return isLate ? all.toSorted((one, other) => one.at - other.at) : all;
}
