import { setTimeout as sleep } from "node:timers/promises";
import type { EventBus } from "./ports/event-bus.ts";
import { type CompiledFleet, matchTopics } from "./protocol.ts";

/** So long a subscriber may take for a probe. */
export const PROBE_WAIT_MS = 5000;
const LOOK_MS = 20;

/** What became of a probe. */
export interface Probed {
  /** Id of its entry. */
  readonly probe: string;
  /** Redis time at which it was published, ms since the epoch. */
  readonly sentAt: number;
  /** Ms until each subscriber was handed it and acknowledged it, as far as it did in time. */
  readonly took: ReadonlyMap<string, number>;
}

/** Publishes a marked message, which no handler ever sees, and waits until all of these took it. @throws Failure "unavailable" */
export async function probeTopic(events: EventBus, topic: string, wanted: readonly string[]): Promise<Probed> {
  const probe = await events.publishProbe(topic);
  const began = performance.now();
  const took = new Map<string, number>();
  while (took.size < wanted.length) {
    const left = wanted.filter((agent) => !took.has(agent));
    for (const agent of await events.readTaken(topic, probe, left))
      took.set(agent, Math.round(performance.now() - began));
    if (performance.now() - began > PROBE_WAIT_MS) break;
    if (took.size < wanted.length) await sleep(LOOK_MS);
  }
  return { probe, sentAt: Number.parseInt(probe, 10), took };
}

/** Who should run and declares to consume the topic. */
export const subscribersOf = (topic: string, { agents, topics }: CompiledFleet): string[] =>
  agents
    .filter(({ desired }) => desired.state === "running")
    .filter(({ consumes }) => consumes.some((pattern) => matchTopics(pattern, topics).includes(topic)))
    .map(({ id }) => id);
