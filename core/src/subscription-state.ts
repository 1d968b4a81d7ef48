import type { GroupReading, SubscriptionReading } from "./ports/event-bus.ts";
import { type CompiledFleet, type ExpectedAgent, matchTopics } from "./protocol.ts";

/** What becomes of a declared subscription on one topic. */
export type SubscriptionState = "reads" | "quiet" | "behind" | "dead" | "never-read" | "off";

/** A declared subscription on one topic, beside what is there. */
export interface Subscription {
  readonly agent: ExpectedAgent;
  readonly pattern: string;
  readonly topic: string;
  readonly state: SubscriptionState;
  /** null: the agent has no group there. */
  readonly group: GroupReading | null;
}

/** A consumer group that no expected agent declares. */
export interface Undeclared {
  readonly topic: string;
  readonly group: GroupReading;
}

export interface Drift {
  readonly at: number;
  readonly subscriptions: readonly Subscription[];
  readonly undeclared: readonly Undeclared[];
  /** Patterns that fit no topic. */
  readonly idlePatterns: readonly { readonly agent: string; readonly pattern: string }[];
}

/** After this long with something waiting and nobody asking for it a subscription counts as dead. */
export const DEAD_AFTER_MS = 15_000;

/** Lays what is declared beside what Redis tells. */
export function compareSubscriptions(
  fleet: Pick<CompiledFleet, "agents" | "topics">,
  reading: SubscriptionReading,
): Drift {
  const byTopic = new Map(reading.topics.map((topic) => [topic.topic, topic]));
  const declared = fleet.agents.flatMap((agent) => declaredBy(agent, fleet.topics).map((one) => ({ agent, ...one })));
  const subscriptions = declared.map(({ agent, pattern, topic }): Subscription => {
    const found = byTopic.get(topic);
    const group = found?.groups.find(({ name }) => name === agent.id) ?? null;
    return { agent, pattern, topic, group, state: stateOf({ agent, topic: found, group, now: reading.now }) };
  });
  const isDeclared = new Set(declared.map(({ agent, topic }) => `${topic} ${agent.id}`));
  return {
    at: reading.now,
    subscriptions,
    undeclared: reading.topics.flatMap(({ topic, groups }) =>
      groups.filter(({ name }) => !isDeclared.has(`${topic} ${name}`)).map((group) => ({ topic, group })),
    ),
    idlePatterns: fleet.agents.flatMap(({ id, consumes }) =>
      consumes
        .filter((pattern) => matchTopics(pattern, fleet.topics).length === 0)
        .map((pattern) => ({ agent: id, pattern })),
    ),
  };
}

/** The subscriptions of one agent; a topic that two patterns fit counts once, for the first. */
export function declaredBy({ consumes }: Pick<ExpectedAgent, "consumes">, topics: readonly string[]) {
  const seen = new Set<string>();
  return consumes.flatMap((pattern) =>
    matchTopics(pattern, topics).flatMap((topic) => {
      if (seen.has(topic)) return [];
      seen.add(topic);
      return [{ pattern, topic }];
    }),
  );
}

interface Seen {
  readonly agent: ExpectedAgent;
  readonly topic: SubscriptionReading["topics"][number] | undefined;
  readonly group: GroupReading | null;
  readonly now: number;
}

function stateOf({ agent, topic, group, now }: Seen): SubscriptionState {
  if (agent.desired.state !== "running") return "off";
  if (group === null) return (topic?.entries ?? 0) > 0 ? "never-read" : "quiet";
  if (group.oldestAt === null) return group.consumers > 0 ? "reads" : "quiet";
  const asked = group.idleMs ?? now - group.oldestAt;
  const isOld = now - group.oldestAt > DEAD_AFTER_MS;
  // Who has as much in hand as it takes asks for nothing more until it is done with some of it.
  if (isOld && asked > DEAD_AFTER_MS && group.lag !== 0 && group.pending < FULL_HANDS) return "dead";
  return isOld ? "behind" : "reads";
}

/** Entries of one topic that an agent of the SDK takes at most before it handles some. */
export const FULL_HANDS = 16;

/** "unknown", never 0. */
export const lagWords = (lag: number | null): string => (lag === null ? "unknown" : String(lag));

/** "dead": whether it has to be looked at now. */
export const isBroken = ({ state }: Pick<Subscription, "state">): boolean => state === "dead" || state === "never-read";
