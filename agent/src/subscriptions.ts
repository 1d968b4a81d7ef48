import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { compiledFleet, matchTopics } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import { pause } from "./persist.ts";

/** How often the list of topics is read again, so that a pattern finds a topic that came later. */
const REFRESH_MS = 15_000;
const CLOSED_WITHIN_MS = 1000;

export interface SubscriptionParts {
  readonly control: Redis;
  readonly keys: Keys;
  readonly consumes: readonly string[];
  /** Topics known without the compiled fleet. */
  readonly knownTopics: readonly string[];
  readonly signal: AbortSignal;
  subscribe(topic: string): void;
}

/** Subscribes to each topic that the declared patterns stand for, once, now and when new ones appear. */
export async function followTopics(parts: SubscriptionParts): Promise<void> {
  const { consumes, signal } = parts;
  const subscribed = new Set<string>();
  const subscribe = (topics: readonly string[]) => {
    for (const topic of consumes.flatMap((pattern) => matchTopics(pattern, topics))) {
      if (subscribed.has(topic)) continue;
      subscribed.add(topic);
      parts.subscribe(topic);
    }
  };
  subscribe([...consumes.filter((pattern) => !pattern.endsWith(".*")), ...parts.knownTopics]);
  while (consumes.some((pattern) => pattern.endsWith(".*")) && !signal.aborted) {
    const topics = await readTopics(parts);
    if (topics !== null) subscribe(topics);
    await pause(topics === null ? 1000 : REFRESH_MS, signal);
  }
}

/** Subscriptions that end one by one and begin again: what a drill needs of them. */
export function createDroppable(subscribe: (topic: string) => void) {
  const running = new Map<string, { readonly ending: AbortController; readonly ended: PromiseWithResolvers<void> }>();
  const dropped: string[] = [];
  const next = (): string | null => running.keys().next().value ?? null;
  return {
    /** @returns a signal that aborts when the subscription is dropped; `ended` is called when its connection is closed */
    add(topic: string): { readonly dropped: AbortSignal; ended(): void } {
      const ending = new AbortController();
      const ended = Promise.withResolvers<void>();
      running.set(topic, { ending, ended });
      return { dropped: ending.signal, ended: ended.resolve };
    },
    next,
    async drop(): Promise<void> {
      const topic = next();
      const subscription = running.get(topic ?? "");
      if (topic === null || subscription === undefined) return;
      running.delete(topic);
      dropped.push(topic);
      subscription.ending.abort();
      // A connection that is being made again never says that it is closed; nobody reads on it either.
      await Promise.race([subscription.ended.promise, pause(CLOSED_WITHIN_MS)]);
    },
    restore(): void {
      for (const topic of dropped.splice(0)) subscribe(topic);
    },
  };
}

async function readTopics({ control, keys }: SubscriptionParts): Promise<string[] | null> {
  try {
    const parsed = compiledFleet.safeParse(JSON.parse((await control.get(keys.fleet)) ?? "null"));
    return parsed.success ? parsed.data.topics : null;
  } catch {
    return null; // Redis is away, or the list is not readable: what is known stays.
  }
}
