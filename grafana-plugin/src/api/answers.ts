import { useEffect } from "react";
import { ask } from "./ask.ts";
import { serviceNow } from "./clock.ts";
import { refreshChoice, refreshMs } from "./refresh.ts";
import { Refusal } from "./refusal.ts";
import { Store, useStore } from "./store.ts";

/** What is known of one path: the last good answer stays while newer ones fail. */
export interface Answer<T> {
  readonly content: T | undefined;
  /** When `content` came, by the service's clock. */
  readonly at: number | null;
  readonly refusal: Refusal | null;
  readonly isAsking: boolean;
}

const NOTHING: Answer<never> = { content: undefined, at: null, refusal: null, isAsking: false };

interface Kept {
  readonly store: Store<Answer<unknown>>;
  readonly followers: Set<number>;
  timer: ReturnType<typeof setTimeout> | undefined;
  asking: Promise<void> | null;
}

/** Ten pages may stay in memory after they were left. */
const MOST_IDLE = 40;
const kept = new Map<string, Kept>();
let nextFollower = 0;

/**
 * Follows an answer, asked again every so often while the tab is seen; all parts of a page share one request.
 * @param path null asks nothing
 * @param everyMs unless the reader has chosen another interval; null asks once
 */
export function useAnswer<T>(path: string | null, everyMs: number | null = 10_000): Answer<T> {
  const entry = path === null ? null : keep(path);
  const answer = useStore(entry?.store ?? IDLE) as Answer<T>;
  const againMs = refreshMs(useStore(refreshChoice), everyMs);
  useEffect(() => {
    if (path === null) return undefined;
    const one = keep(path);
    nextFollower += 1;
    const follower = nextFollower;
    one.followers.add(follower);
    const beat = async (): Promise<void> => {
      if (!document.hidden) await refresh(path);
      if (againMs !== null && one.followers.has(follower)) timer = setTimeout(() => void beat(), againMs);
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    void beat();
    return () => {
      one.followers.delete(follower);
      clearTimeout(timer);
      dropIdle();
    };
  }, [path, againMs]);
  return answer;
}

const IDLE = new Store<Answer<unknown>>(NOTHING);

function keep(path: string): Kept {
  const found = kept.get(path);
  if (found !== undefined) return found;
  const entry: Kept = {
    store: new Store<Answer<unknown>>(NOTHING),
    followers: new Set(),
    timer: undefined,
    asking: null,
  };
  kept.set(path, entry);
  return entry;
}

function dropIdle(): void {
  const idle = [...kept].filter(([, { followers }]) => followers.size === 0);
  for (const [path] of idle.slice(0, Math.max(0, idle.length - MOST_IDLE))) kept.delete(path);
}

/** Asks again now; whoever asks meanwhile gets the same answer. */
export async function refresh(path: string): Promise<void> {
  const entry = keep(path);
  entry.asking ??= read(path, entry).finally(() => {
    entry.asking = null;
  });
  await entry.asking;
}

/** What is read besides answers when the reader wants everything read again. */
const others = new Set<() => void>();

/** @returns takes it away again */
export function refreshToo(read: () => void): () => void {
  others.add(read);
  return () => void others.delete(read);
}

/** Asks again for everything under a path that somebody looks at. */
export function refreshBelow(prefix: string): void {
  for (const read of others) read();
  for (const [path, { followers }] of kept) if (path.startsWith(prefix) && followers.size > 0) void refresh(path);
}

async function read(path: string, { store }: Kept): Promise<void> {
  store.set({ ...store.get(), isAsking: true });
  try {
    const content = await ask(path);
    store.set({ content, at: serviceNow(), refusal: null, isAsking: false });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    store.set({ ...store.get(), refusal: error, isAsking: false });
  }
}
