import type { Health, Verdict } from "@rollcall/core/domain/verdict.ts";
import type { Lost } from "@rollcall/core/ports/event-bus.ts";
import type { Stage } from "@rollcall/core/protocol/figures.ts";
import type { DesiredState, Heartbeat } from "@rollcall/core/protocol.ts";
import type { Totals } from "./epoch-totals.ts";
import type { Duplicate } from "./fenced-reports.ts";
import type { StageView } from "./stage-totals.ts";

/** One expected agent as it is published. Times are Redis time in ms. */
export interface AgentView {
  /** Values of the labels fleet, agent, group, criticality, owner. */
  readonly labels: readonly string[];
  /** null: not known. */
  readonly rung: number | null;
  /** Highest rung that the agent can prove: 5 if it speaks the protocol. */
  readonly provable: number;
  readonly health: Health;
  readonly verdict: Verdict;
  /** null: no fresh heartbeat says so. */
  readonly activity: Heartbeat["activity"] | null;
  readonly beatAt: number | null;
  /** It ends by itself and is started again, over and over. */
  readonly flaps: boolean;
  /** The restart or maintenance in which it fell silent; null: in none, or it is not gone. */
  readonly plannedWork: string | null;
  /** What it says of itself; null without a fresh heartbeat. */
  readonly beat: Heartbeat | null;
  readonly oldestInFlightAt: number | null;
  /** Whether its detailed families are shown: all agents of a small fleet, those in most need of a large one. */
  readonly detailed: boolean;
  /** null: the agent does not speak the protocol and tells no counts. */
  readonly done: number | null;
  readonly failed: number | null;
}

/** One subscription: a consumer group of an expected agent on a topic. */
export interface SubscriptionView {
  readonly topic: string;
  readonly group: string;
  readonly lag: number | null;
  /** Events handed to it since it exists, each once; null: Redis cannot tell. */
  readonly delivered: number | null;
  /** About how much waits, where Redis cannot tell the lag; null: it can, or nothing is known. */
  readonly lagEstimate: number | null;
  /** null: there is no such group yet. */
  readonly pending: number | null;
  /** When one of its consumers asked last, Redis time in ms; null: not known. */
  readonly readAt: number | null;
  /** When the oldest event in hand was published, Redis time in ms; null: none is in hand, or not known. */
  readonly oldestPendingAt: number | null;
  /** How often that one was handed out. */
  readonly oldestPendingDeliveries: number | null;
  /** Entries that were cut before it had them; null: not readable. */
  readonly lost: Lost | null;
}

/** What an agent declares to read of one topic, and whether something waits that nobody takes. */
export interface DeclaredSubscription {
  readonly agent: string;
  readonly pattern: string;
  readonly topic: string;
  /** null: not known, the topic was not to be read. */
  readonly dead: boolean | null;
}

/** One topic. `null`: not readable at the moment. */
export interface TopicView {
  readonly topic: string;
  readonly added: number | null;
  readonly entries: number | null;
  readonly deadLetters: number | null;
  /** Those that are still kept. */
  readonly deadLettersHeld: number | null;
  readonly subscriptions: readonly SubscriptionView[];
  /** Goes on growing with later readings. */
  readonly latency: Pick<Readonly<Totals>, "latency" | "latencySumSeconds">;
}

/** All that is published of fleet and bus, as it was at one moment. */
export interface Snapshot {
  /** The same object as long as agents, topics, subscriptions, their order and their labels stay. */
  readonly layout: object;
  readonly fleet: string;
  readonly version: number;
  readonly canaryRoundAt: number | null;
  readonly agents: readonly AgentView[];
  /** Agents that two processes lately were at once; labels as those of the agent. */
  readonly duplicates: readonly (Duplicate & Pick<AgentView, "labels">)[];
  readonly topics: readonly TopicView[];
  readonly declared: readonly DeclaredSubscription[];
  /** Agents that beat but are not expected. */
  readonly unexpectedAgents: number;
  /** Consumer groups on topics that belong to no expected agent. */
  readonly unexpectedGroups: number;
  readonly refusedBeats: number;
  /** Control messages not taken or not acknowledged yet; null if Redis cannot tell for one of the inboxes. */
  readonly inboxWaiting: number | null;
  /** By stage: how long events take, over all agents since the exporter began. */
  readonly stages: Readonly<Record<Stage, StageView>>;
  /** Expected agents by what is wanted of them. */
  readonly desired: Readonly<Record<DesiredState["state"], number>>;
}
