/** One consumer group of a topic. Times are Redis time in ms. */
export interface GroupReading {
  readonly name: string;
  /** Entries not handed out yet; null: unknown, never 0. */
  readonly lag: number | null;
  /** Handed out, not acknowledged. */
  readonly pending: number;
  readonly consumers: number;
  /** Since when the oldest entry waits that is not acknowledged; null if none waits. */
  readonly oldestAt: number | null;
  /** How long ago a consumer last asked for entries, ms; null if none waits, or no consumer ever asked. */
  readonly idleMs: number | null;
  readonly lost: Lost;
}

/** Entries that a subscription will never get, because the topic was cut while it was behind; all that ever were. */
export interface Lost {
  readonly undelivered: number;
  /** Handed out and not acknowledged: they cannot be handed out again. */
  readonly inHand: number;
}

/** How long a topic may be, and whose losses are counted. */
export interface TopicTrim {
  readonly topic: string;
  /** Entries to keep, about. */
  readonly keep: number;
  /** Groups of the declared subscriptions. */
  readonly groups: readonly string[];
}

/** One topic; a topic that nobody published on is empty. */
export interface TopicReading {
  readonly topic: string;
  readonly entries: number;
  readonly added: number;
  /** When the last entry was published; null if there is none. */
  readonly lastAt: number | null;
  /** Publications per second in the last minute, or since the 50th last. */
  readonly perSecond: number;
  readonly deadLetters: number;
  readonly groups: readonly GroupReading[];
}

/** What there is of the subscriptions on some topics. */
export interface SubscriptionReading {
  readonly now: number;
  readonly topics: readonly Pick<TopicReading, "topic" | "entries" | "groups">[];
}

export interface BusReading {
  readonly now: number;
  readonly topics: readonly TopicReading[];
}

/** What an agent could not handle and put aside. */
export interface DeadLetter {
  /** Id in the topic's stream of dead letters; the time it was put aside stands in front of the hyphen, ms. */
  readonly id: string;
  readonly topic: string;
  readonly agent: string;
  readonly reason: string;
  readonly attempts: number;
  /** Id that it had on the topic. */
  readonly entryId: string;
  /** Its body as it came, perhaps cut. */
  readonly body: string;
}

export interface DeadLetters {
  /** Newest first, at most 1,000 of each topic. */
  readonly letters: readonly DeadLetter[];
  /** All that lie there, read or not. */
  readonly total: number;
}

/** What became of a wish to replay: published again, or why not. */
export type Replayed =
  | { readonly kind: "published"; readonly entryId: string }
  | { readonly kind: "gone" }
  | { readonly kind: "not-an-event"; readonly reason: string };

export interface ReplayOrder {
  readonly letter: Pick<DeadLetter, "id" | "topic" | "agent">;
  /** Unique per wish: a repeat finds what the first one published. */
  readonly mark: string;
  /** Redis time before the wish, ms: from there on a first publication is looked for. */
  readonly since: number;
}

/** What an event says of itself, without its data. */
export interface SeenEvent {
  readonly topic: string;
  readonly entryId: string;
  readonly id: string;
  /** Id of the agent that published it; what came from outside says what it likes. */
  readonly source: string;
  /** Redis time at which it was published, ms since the epoch. */
  readonly at: number;
  readonly traceId: string | null;
  readonly isProbe: boolean;
}

/** How long dead letters are kept, and how many of each topic. */
export interface LetterLimits {
  readonly topics: readonly string[];
  readonly keepMs: number;
  readonly most: number;
}
export interface DroppedLetters {
  readonly byAge: number;
  readonly byNumber: number;
}

/** Looks into the topics of the bus, and deals with dead letters. */
export interface EventBus {
  /** @throws Failure "unavailable" */
  read(topics: readonly string[]): Promise<BusReading>;
  /** Without rates and dead letters, which cost more than all the rest. @throws Failure "unavailable" */
  readSubscriptions(topics: readonly string[]): Promise<SubscriptionReading>;
  /** Cuts topics to their length and counts what is lost by it. @throws Failure "unavailable" */
  trim(topics: readonly TopicTrim[]): Promise<void>;
  /** Corrects what Redis has counted wrong of a subscription's reading. @returns of how many @throws Failure "unavailable" */
  mendReadCounts(topics: readonly string[]): Promise<number>;
  /** Publishes a marked probe, which no handler ever sees. @returns its id @throws Failure "unavailable" */
  publishProbe(topic: string): Promise<string>;
  /** So many of the newest of each topic, in no order; what is no event is left out. @throws Failure "unavailable" */
  readEvents(topics: readonly string[], newest: number): Promise<SeenEvent[]>;
  /** Those of the groups that were handed the entry and acknowledged it. @throws Failure "unavailable" */
  readTaken(topic: string, id: string, groups: readonly string[]): Promise<ReadonlySet<string>>;
  /** @throws Failure "unavailable" */
  readDeadLetters(topics: readonly string[]): Promise<DeadLetters>;
  /** Publishes a letter again, for its agent alone, and takes it off the dead letters, in one step. @throws Failure "unavailable" */
  replay(order: ReplayOrder): Promise<Replayed>;
  /** Why the agent put the entry aside; null if it did not. @throws Failure "unavailable" */
  readComeback(topic: string, entry: { agent: string; entryId: string }): Promise<string | null>;
  /** Takes letters off for good. @returns how many were still there @throws Failure "unavailable" */
  discard(topic: string, ids: readonly string[]): Promise<number>;
  /** Drops what nobody dealt with in time, and the oldest of too many. @throws Failure "unavailable" */
  dropLetters(limits: LetterLimits): Promise<DroppedLetters>;
}
