import type { MappedBeat } from "@rollcall/core/domain/verdict.ts";
import type { CompiledFleet } from "@rollcall/core/protocol.ts";
import type { SealedReport } from "./fenced-reports.ts";
import type { KnownWork } from "./planned-work.ts";

/** One consumer group of a stream. */
export interface GroupReading {
  readonly name: string;
  /** null: Redis cannot tell, as after XDEL or for a group made at an arbitrary id. */
  readonly lag: number | null;
  readonly pending: number;
  /** Id of the entry that was handed out last. */
  readonly lastDelivered: string;
}

/** Counters that Redis keeps for one stream; a stream that does not exist has had no entry. */
export interface StreamReading {
  readonly entries: number;
  /** All entries ever added; grows for as long as Redis keeps its data. */
  readonly added: number;
  /** Ids of the oldest and the newest entry; null if there is none. */
  readonly firstId: string | null;
  readonly lastId: string | null;
  readonly groups: readonly GroupReading[];
}

/** What is read of a group by turns, so that it may be some readings old. Times are Redis time in ms. */
export interface GroupDetails {
  /** When one of its consumers asked last; null: it has none. */
  readonly readAt: number | null;
  /** When the oldest entry was published that is handed out and not acknowledged; null: there is none. */
  readonly oldestPendingAt: number | null;
  /** How often that entry was handed out. */
  readonly oldestPendingDeliveries: number | null;
}

/** All that was on the bus at one moment. Times are Redis time in ms. `null` for a stream means that it was not to be read. */
export interface Reading {
  readonly now: number;
  readonly redisStartedAt: number;
  readonly fleet: CompiledFleet;
  readonly canaryRoundAt: number | null;
  /** By agent id: what stands in the presence hash, not checked yet. */
  readonly presence: ReadonlyMap<string, string | null>;
  /** Ids with a beat not older than the deadline, expected or not. */
  readonly freshBeats: number;
  /** Those among them that nobody expects; null: not counted one by one. */
  readonly strangers: number | null;
  /** What processes said lately that were fenced, newest first, not checked yet. */
  readonly fenced: readonly SealedReport[];
  /** By id of a foreign agent that has one: its mapped heartbeat. */
  readonly mapped: ReadonlyMap<string, MappedBeat | null>;
  /** By id of a foreign agent: what the leader last wrote of its process. */
  readonly processes: ReadonlyMap<string, string | null>;
  /** By agent id: planned work on it, lately or now. */
  readonly plannedWork: ReadonlyMap<string, KnownWork>;
  readonly topics: ReadonlyMap<string, StreamReading | null>;
  readonly deadLetters: ReadonlyMap<string, StreamReading | null>;
  /** By topic and group. */
  readonly groupDetails: ReadonlyMap<string, GroupDetails>;
  /** By topic: what its groups have lost, as it stands in Redis; null if it is not to be read. */
  readonly lost: ReadonlyMap<string, Readonly<Record<string, string>> | null>;
  /** By agent id: the group that the agent reads its inbox with. */
  readonly inboxes: ReadonlyMap<string, GroupReading | null>;
}
