import { getBackendSrv } from "@grafana/runtime";
import type { LiveEvent, LiveTopic } from "@rollcall/core/live-contract.ts";
import type { Subscription } from "rxjs";
import { PROXY } from "./ask.ts";
import { EventLines } from "./event-lines.ts";
import { noteAnswer, noteSilence } from "./reach.ts";
import { Store } from "./store.ts";
import { withoutDirections } from "./without-directions.ts";

/** How the one stream of this tab is; `since` is the last moment at which it was known to be live. */
export interface LiveState {
  readonly kind: "live" | "reconnecting" | "stale" | "resting";
  readonly since: number | null;
}

export const liveState = new Store<LiveState>({ kind: "reconnecting", since: null });

type Listener = (event: LiveEvent) => void;

/** What every page may follow. */
const TOPICS: readonly LiveTopic[] = ["agents", "operations", "incidents", "requests", "roll-calls"];

/** Beats come every 15 s; two may be lost. */
const SILENCE_MS = 40_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
/** Without a stream for so long, what is shown is called stale. */
const STALE_AFTER_MS = 8_000;
/** A tab that nobody sees gives its connection back: browsers allow six to one host. */
const REST_AFTER_MS = 15_000;

/** The one live connection of a tab: resumes where it stopped, waits longer after each failure, rests while unseen. */
export class LiveStream {
  readonly #listeners = new Map<Listener, LiveTopic | null>();
  #topics: readonly LiveTopic[] = TOPICS;
  /** The service does not know a topic that was asked for: it is older than this page. */
  #isOld = false;
  #open: Subscription | null = null;
  #lastId: string | null = null;
  #failures = 0;
  #liveAt: number | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #stale: ReturnType<typeof setTimeout> | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#seen(!document.hidden));
  }

  /**
   * Hears every event from now on, until the returned function is called.
   * @param also what else is wanted: it is only sent while somebody looks at it
   */
  listen(listener: Listener, also: LiveTopic | null = null): () => void {
    this.#listeners.set(listener, also);
    if (also !== null && !this.#topics.includes(also) && !this.#isOld) this.#close();
    if (this.#open === null && this.#retry === undefined) this.#connect();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#close();
    };
  }

  /** Tries now, without waiting any longer. */
  readonly retry = (): void => {
    if (this.#listeners.size === 0 || liveState.get().kind === "live") return;
    this.#close();
    this.#connect();
  };

  #connect(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const lines = new EventLines();
    this.#watchSilence();
    const headers = this.#lastId === null ? {} : { "Last-Event-ID": this.#lastId };
    this.#topics = this.#isOld ? TOPICS : [...new Set([...TOPICS, ...this.#wanted()])];
    const query = this.#topics.length === TOPICS.length ? "" : `?topics=${this.#topics.join()}`;
    this.#open = getBackendSrv()
      .chunked({ url: `${PROXY}/api/v1/live${query}`, headers, showErrorAlert: false, hideFromInspector: true })
      .subscribe({
        next: ({ ok, status, data }) => {
          if (!ok) return this.#lost(status);
          this.#watchSilence();
          if (data !== undefined) for (const event of lines.read(data)) this.#hear(event.data, event.id);
          return undefined;
        },
        error: () => this.#lost(0),
        complete: () => this.#lost(200),
      });
  }

  #wanted(): LiveTopic[] {
    return [...this.#listeners.values()].filter((topic) => topic !== null);
  }

  #hear(text: string, id: string | null): void {
    const event = JSON.parse(withoutDirections(text)) as LiveEvent;
    if (id !== null) this.#lastId = id;
    this.#failures = 0;
    this.#liveAt = Date.now();
    clearTimeout(this.#stale);
    this.#stale = undefined;
    if (event.type !== "bye") liveState.set({ kind: "live", since: null });
    // Only a stream that begins is an answer: an old one may live on while nothing new gets through.
    if (event.type === "hello") noteAnswer();
    for (const listener of this.#listeners.keys()) listener(event);
  }

  /** @param status 200: it ended as it should, so it is opened again at once */
  #lost(status: number): void {
    if (this.#open === null) return;
    this.#close();
    if (status === 0 || status >= 502) noteSilence();
    if (status === 400 && this.#lastId === null && this.#topics.length > TOPICS.length) this.#isOld = true;
    // An id that the service does not take any more must not stop us for good.
    if (status >= 400 && status < 500) this.#lastId = null;
    this.#failures += 1;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#failures - 1));
    this.#markLost();
    this.#retry = setTimeout(
      () => this.#connect(),
      status === 200 && this.#failures === 1 ? 50 : longest * (0.5 + Math.random() / 2),
    );
  }

  #markLost(): void {
    const since = this.#liveAt;
    if (liveState.get().kind !== "stale") liveState.set({ kind: "reconnecting", since });
    this.#stale ??= setTimeout(() => liveState.set({ kind: "stale", since }), STALE_AFTER_MS);
  }

  #watchSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(0), SILENCE_MS);
  }

  #close(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const open = this.#open;
    this.#open = null;
    open?.unsubscribe();
  }

  #seen(isSeen: boolean): void {
    clearTimeout(this.#rest);
    if (this.#listeners.size === 0) return;
    if (!isSeen) this.#rest = setTimeout(() => this.#goToRest(), REST_AFTER_MS);
    else if (this.#open === null) this.retry();
  }

  #goToRest(): void {
    this.#close();
    clearTimeout(this.#stale);
    this.#stale = undefined;
    liveState.set({ kind: "resting", since: this.#liveAt });
  }
}

let stream: LiveStream | null = null;

/** The stream of this tab. */
export function liveStream(): LiveStream {
  stream ??= new LiveStream();
  return stream;
}
