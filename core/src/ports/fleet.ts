import type { PlannedWork } from "../domain/planned-work.ts";
import type { MappedBeat } from "../domain/verdict.ts";
import type { OtherMajor } from "../protocol/version.ts";
import type {
  BroadcastMessage,
  CompiledFleet,
  ControlMessage,
  ControlReply,
  DesiredState,
  ExpectedAgent,
  Heartbeat,
} from "../protocol.ts";

/** A verified heartbeat, or why there is none. */
export interface Presence {
  readonly beat: Heartbeat | null;
  /** A beat was there but its signature, form or agent was wrong. */
  readonly forged: boolean;
  /** What stands there is the agent's own, of another major version of the protocol; left out if it is of ours. */
  readonly otherMajor?: OtherMajor | undefined;
}

/** Reads what is on the bus about the fleet, and sends control messages. All time is Redis time in ms. */
export interface FleetBus {
  /** @throws Failure "unavailable" (Redis does not answer within 3 s) */
  now(): Promise<number>;
  /** For how long the bus is back after it was away, ms; null if it never was away since we look. */
  backForMs?(): number | null;
  /** Told by whoever asked: an agent has answered, that many ms after the question. */
  answered?(kind: "echo" | "canary", ms: number): void;
  /** @returns null if none was published yet @throws Failure "unavailable" */
  readFleet(): Promise<CompiledFleet | null>;
  /** @throws Failure "unavailable" */
  publishFleet(fleet: CompiledFleet): Promise<void>;
  /** By agent id, for the ids asked. @throws Failure "unavailable" */
  readPresence(agents: readonly string[]): Promise<Map<string, Presence>>;
  /** Heartbeats of those agents that have a mapped one, by agent id. @throws Failure "unavailable" */
  readMapped(agents: readonly ExpectedAgent[]): Promise<Map<string, MappedBeat | null>>;
  /** Tells those who cannot ask a supervisor which foreign agents' processes are up. @throws Failure "unavailable" */
  markProcesses(up: ReadonlyMap<string, boolean>): Promise<void>;
  /** @returns Redis time of the last canary round, or null @throws Failure "unavailable" */
  readCanaryRound(): Promise<number | null>;
  markCanaryRound(): Promise<void>;
  /** Tells those who say that an agent is gone which restart or maintenance is under way. @throws Failure "unavailable" */
  markPlannedWork(works: readonly PlannedWork[]): Promise<void>;
  /** Removes what the agents have taken and acknowledged from their inboxes. @returns how many messages @throws Failure "unavailable" */
  trimInboxes(agents: readonly string[]): Promise<number>;
  /** Puts sealed messages into inboxes, one pipeline. @throws Failure "unavailable" */
  send(messages: readonly { agent: string; message: ControlMessage }[]): Promise<void>;
  /**
   * Tells all agents at once, in one signed entry; these are to answer, if an answer is wanted. Whoever does not listen to
   * broadcasts (`broadcastReadAt` of its heartbeat) does not hear it.
   * @throws Failure "unavailable"
   */
  broadcast(message: BroadcastMessage, agents: readonly string[]): Promise<void>;
  /**
   * Collects verified replies of the stream until all `expected` (agent, id) have answered, it is enough, or `timeoutMs` is
   * over. It may begin before the question is sent: answers then cost one way less.
   * @param request.isEnough asked after each batch, and before the first
   * @param request.place where an earlier call on the stream ended; it is moved on, and `expected` counts what comes after
   * @throws Failure "unavailable"
   */
  collectReplies(request: {
    replyTo: string;
    expected: number;
    timeoutMs: number;
    onReply?: (reply: ControlReply) => void;
    isEnough?: () => boolean;
    place?: { last: string };
  }): Promise<ControlReply[]>;
  /** Entries not yet delivered plus delivered but not acknowledged of one subscription; null if Redis cannot tell. */
  readWaiting(agent: string): Promise<Waiting[]>;
}

export interface Waiting {
  readonly topic: string;
  readonly group: string;
  /** null: unknown, never 0. */
  readonly lag: number | null;
  readonly pending: number;
}

/** The expected fleet: fleet.yaml merged with the desired states. */
export interface FleetRegistry {
  /**
   * @returns the same object while nothing in it has changed
   * @throws Failure "unavailable" if neither PostgreSQL nor the last compiled list can be read
   */
  expected(): Promise<CompiledFleet>;
  /** Stores the desired state, compiles and publishes. @throws Failure "unavailable" */
  setDesired(agents: readonly string[], desired: DesiredState): Promise<void>;
  /** Compiles and publishes what was stored past it; it does so by itself within seconds. @throws Failure "unavailable" */
  refresh?(): Promise<void>;
}
