import { Failure, isFailure } from "../../domain/failure.ts";

export interface CacheLimits {
  /** Younger than this is fresh. */
  readonly freshMs: number;
  /** Younger than this is served while it is loaded anew. */
  readonly staleMs: number;
  /** Younger than this is served, with the problem said, where loading fails. */
  readonly keepMs: number;
  /** A load that failed is not tried again for so long. */
  readonly restMs: number;
  readonly entries: number;
  readonly loadsAtOnce: number;
}

/** Prometheus measures every 5 s: more often there is nothing new. */
export const CACHE_LIMITS: CacheLimits = {
  freshMs: 5_000,
  staleMs: 30_000,
  keepMs: 10 * 60_000,
  restMs: 1_000,
  entries: 64,
  loadsAtOnce: 8,
};

/** What was loaded, when that began, and why there is nothing newer. */
export interface Aged<Value> {
  readonly value: Value;
  readonly at: number;
  readonly problem: string | null;
}

interface Entry<Value> {
  value: { readonly value: Value; readonly at: number } | null;
  loading: Promise<{ readonly value: Value; readonly at: number }> | null;
  failure: { readonly error: unknown; readonly at: number } | null;
}

/**
 * Keeps what is costly to load for some seconds. All who ask for the same wait for one load; there are never more entries
 * than the limit, and the one not asked for the longest goes first.
 */
export class AgedCache<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #now: () => number;
  readonly #limits: CacheLimits;
  #loads = 0;

  constructor(now: () => number, limits: CacheLimits = CACHE_LIMITS) {
    this.#now = now;
    this.#limits = limits;
  }

  /** @throws whatever `load` throws, if nothing young enough is kept; Failure "too_many_requests" */
  async get(key: string, load: (at: number) => Promise<Value>): Promise<Aged<Value>> {
    const entry = this.#entryOf(key);
    const kept = entry.value;
    const age = kept === null ? Number.POSITIVE_INFINITY : this.#now() - kept.at;
    if (kept !== null && age <= this.#limits.freshMs) return { ...kept, problem: null };
    const loading = this.#load(entry, load);
    if (kept !== null && age <= this.#limits.staleMs) {
      loading.catch(() => undefined);
      return { ...kept, problem: entry.failure === null ? null : wordsOf(entry.failure.error) };
    }
    try {
      return { ...(await loading), problem: null };
    } catch (error) {
      if (kept === null || age > this.#limits.keepMs) throw error;
      return { ...kept, problem: wordsOf(error) };
    }
  }

  #entryOf(key: string): Entry<Value> {
    const entry = this.#entries.get(key) ?? { value: null, loading: null, failure: null };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.entries) break;
      this.#entries.delete(oldest);
    }
    return entry;
  }

  #load(entry: Entry<Value>, load: (at: number) => Promise<Value>): Promise<{ value: Value; at: number }> {
    if (entry.loading !== null) return entry.loading;
    const at = this.#now();
    if (entry.failure !== null && at - entry.failure.at < this.#limits.restMs)
      return Promise.reject(entry.failure.error);
    if (this.#loads >= this.#limits.loadsAtOnce)
      return Promise.reject(new Failure("too_many_requests", "too many figures are being read", { next: NEXT }));
    this.#loads += 1;
    entry.loading = this.#run(entry, { load, at }).finally(() => {
      this.#loads -= 1;
      entry.loading = null;
    });
    return entry.loading;
  }

  async #run(
    entry: Entry<Value>,
    { load, at }: { load: (at: number) => Promise<Value>; at: number },
  ): Promise<{ value: Value; at: number }> {
    try {
      entry.value = { value: await load(at), at };
      entry.failure = null;
      return entry.value;
    } catch (error) {
      entry.failure = { error, at: this.#now() };
      throw error;
    }
  }
}

const NEXT = "Ask again in some seconds.";
const wordsOf = (error: unknown): string => (isFailure(error) ? error.message : "they cannot be read");
