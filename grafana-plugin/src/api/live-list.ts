import type { LiveEvent, LiveTopic } from "@rollcall/core/live-contract.ts";
import { useEffect } from "react";
import { serviceNow } from "./clock.ts";
import { liveStream } from "./live.ts";
import { Refusal } from "./refusal.ts";
import { Store, useStore } from "./store.ts";

/** A list that is read once and then kept by the live stream. */
export interface Listed<Item> {
  readonly items: ReadonlyMap<string, Item>;
  /** When it was read, or changed, by the service's clock; null: never yet. */
  readonly at: number | null;
  readonly refusal: Refusal | null;
  /** What the service itself could not ask. */
  readonly problems: readonly string[];
  /** The service cannot see this topic now: since when, by its clock. */
  readonly awaySince: number | null;
}

export interface Read<Item> {
  readonly items: readonly Item[];
  readonly problems?: readonly string[];
}

export interface LiveListOptions<Item> {
  readonly topic: LiveTopic;
  /** Reads the whole list, telling parts of it as they come. @throws Refusal */
  readonly read: (soFar: (part: Read<Item>) => void) => Promise<Read<Item>>;
  readonly idOf: (item: Item) => string;
  /** The item that an event brings; null: none of this list. */
  readonly changed: (event: LiveEvent) => Item | null;
  /** The id that an event takes away. */
  readonly removed?: (event: LiveEvent) => string | null;
}

/** Lists are read again so often even while the stream is live: some of what they say changes without an event. */
const READ_AGAIN_MS = 60_000;
const RETRY_MS = 3_000;

/** Follows one list for all parts of all pages; changes are shown together, once per frame. */
export class LiveList<Item> {
  readonly store = new Store<Listed<Item>>({
    items: new Map(),
    at: null,
    refusal: null,
    problems: [],
    awaySince: null,
  });
  readonly #options: LiveListOptions<Item>;
  readonly #changes = new Map<string, Item | null>();
  #followers = 0;
  #leave: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame: ReturnType<typeof setTimeout> | number | undefined;
  #reading: Promise<void> | null = null;

  constructor(options: LiveListOptions<Item>) {
    this.#options = options;
  }

  follow(): () => void {
    this.#followers += 1;
    if (this.#followers === 1) {
      this.#leave = liveStream().listen((event) => this.#hear(event));
      void this.read();
    }
    return () => {
      this.#followers -= 1;
      if (this.#followers > 0) return;
      clearTimeout(this.#timer);
      this.#leave?.();
      this.#leave = null;
    };
  }

  /** Reads the list now. */
  readonly read = async (): Promise<void> => {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  };

  /** Shows an item that came with an answer before the stream brings it. */
  readonly put = (item: Item): void => {
    this.#changes.set(this.#options.idOf(item), item);
    this.#show();
  };

  async #readOnce(): Promise<void> {
    clearTimeout(this.#timer);
    const { read } = this.#options;
    try {
      // Until the first time is over, each part is shown as it comes.
      const isFirst = this.store.get().at === null;
      const whole = await read((part) => isFirst && this.#take(part, null));
      this.#take(whole, null);
      this.#again(READ_AGAIN_MS);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.store.set({ ...this.store.get(), refusal: error });
      this.#again(error.kind === "away" ? RETRY_MS : READ_AGAIN_MS);
    }
  }

  #again(ms: number): void {
    if (this.#followers > 0) this.#timer = setTimeout(() => void this.read(), ms);
  }

  #take({ items, problems = [] }: Read<Item>, refusal: Refusal | null): void {
    const { idOf } = this.#options;
    const next = new Map(items.map((item) => [idOf(item), item]));
    this.store.set({ ...this.store.get(), items: next, problems, refusal, at: serviceNow() });
  }

  #hear(event: LiveEvent): void {
    const { topic, changed, removed, idOf } = this.#options;
    if (event.type === "gap" && event.topics.includes(topic)) void this.read();
    if (event.type === "source" && event.topic === topic) {
      this.store.set({ ...this.store.get(), awaySince: event.state === "away" ? serviceNow() : null });
    }
    const item = changed(event);
    if (item !== null) this.#changes.set(idOf(item), item);
    const gone = removed?.(event) ?? null;
    if (gone !== null) this.#changes.set(gone, null);
    if (item !== null || gone !== null) this.#show();
  }

  #show(): void {
    // Frames stop in a tab that nobody sees.
    if (this.#frame !== undefined) return;
    this.#frame = document.hidden ? setTimeout(() => this.#flush(), 200) : requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    this.#frame = undefined;
    const items = new Map(this.store.get().items);
    for (const [id, item] of this.#changes) {
      if (item === null) items.delete(id);
      else items.set(id, item);
    }
    this.#changes.clear();
    this.store.set({ ...this.store.get(), items, at: serviceNow() });
  }
}

/** Follows a list while the component is shown. */
export function useLiveList<Item>(list: LiveList<Item>): Listed<Item> {
  useEffect(() => list.follow(), [list]);
  return useStore(list.store);
}
