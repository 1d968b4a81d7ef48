import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { compiledFleet, matchTopics } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import { pause } from "./persist.ts";

/** How often the list of topics is read again, so that a pattern finds a topic that came later. */
const REFRESH_MS = 15_000;

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
  const running = new Map<string, AbortController>();
  const dropped: string[] = [];
  const next = (): string | null => running.keys().next().value ?? null;
  return {
    /** @returns aborts when the subscription is dropped */
    add(topic: string): AbortSignal {
      const ending = new AbortController();
      running.set(topic, ending);
      return ending.signal;
    },
    next,
    drop(): void {
      const topic = next();
      if (topic === null) return;
      running.get(topic)?.abort();
      running.delete(topic);
      dropped.push(topic);
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
