import type { SeenEvent } from "./ports/event-bus.ts";
import { subscribersOf } from "./probe-topic.ts";
import { type CompiledFleet, type ExpectedAgent, matchTopics } from "./protocol.ts";

/** One step of a declared route: an agent takes from a topic and may publish on others. */
export interface Hop {
  /** Steps from the first topic. */
  readonly depth: number;
  readonly topic: string;
  readonly agent: string;
  readonly publishes: readonly string[];
}

/** Beyond so many hops or steps a route is a map of the whole fleet. */
const MOST_HOPS = 60;
const MOST_DEPTH = 8;

/** Where an event of a topic leads, as agents declare it: depth first, each topic once. */
export function declaredRoute(first: string, fleet: CompiledFleet): { hops: Hop[]; isCut: boolean } {
  const hops: Hop[] = [];
  const seen = new Set<string>();
  const agents = new Map(fleet.agents.map((agent) => [agent.id, agent]));
  let isCut = false;
  const walk = (topic: string, depth: number): void => {
    if (seen.has(topic)) return;
    seen.add(topic);
    for (const agent of subscribersOf(topic, fleet)) {
      isCut ||= hops.length >= MOST_HOPS || depth >= MOST_DEPTH;
      if (isCut) return;
      const { publishes } = agents.get(agent) as ExpectedAgent;
      hops.push({ depth, topic, agent, publishes });
      for (const next of publishes) walk(next, depth + 1);
    }
  };
  walk(first, 0);
  return { hops, isCut };
}

/** An event in the course of what followed from it. */
export interface TracedEvent extends SeenEvent {
  /** Steps from the first event. */
  readonly depth: number;
  /** Ms since the event that it followed from; null for the first one. */
  readonly afterMs: number | null;
}

/**
 * What followed from what: an event follows from the newest event before it of a topic that its publisher takes.
 * @param events of one trace
 * @returns in the order of their time, each below the one that it followed from
 */
export function followEvents(events: readonly SeenEvent[], { agents, topics }: CompiledFleet): TracedEvent[] {
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const inTime = events.toSorted((one, other) => one.at - other.at);
  const causes = new Map<SeenEvent, SeenEvent | undefined>();
  for (const [index, event] of inTime.entries()) {
    const takes = (byId.get(event.source)?.consumes ?? []).flatMap((pattern) => matchTopics(pattern, topics));
    causes.set(
      event,
      inTime.slice(0, index).findLast(({ topic }) => takes.includes(topic)),
    );
  }
  const traced: TracedEvent[] = [];
  const walk = (cause: SeenEvent | undefined, depth: number): void => {
    for (const event of inTime) {
      if (causes.get(event) !== cause) continue;
      traced.push({ ...event, depth, afterMs: cause === undefined ? null : event.at - cause.at });
      walk(event, depth + 1);
    }
  };
  walk(undefined, 0);
  return traced;
}
