import type { Change } from "../domain/change.ts";
import type { AuditEntry } from "./audit-log.ts";

/** Which changes are wanted. */
export interface ChangeFilter {
  /** Milliseconds since the epoch, the moment itself included. */
  readonly from: number;
  /** The moment itself not included; now if left out. */
  readonly to?: number | undefined;
  /** Those that touched one of them, or nobody in particular; all if left out. */
  readonly agents?: readonly string[] | undefined;
  readonly limit: number;
}

/** What is remembered of one agent between two looks. */
export interface SeenAgent {
  readonly agent: string;
  /** Null: never seen. */
  readonly version: string | null;
  readonly epoch: number | null;
  /** What fleet.yaml says of it, in one text; null: it is not expected any more. */
  readonly declared: string | null;
}

/** One agent that is not as it was, and what that means to people; null: nothing worth telling. */
export interface SeenChange {
  readonly before: SeenAgent | null;
  readonly after: SeenAgent;
  readonly tell: { readonly kind: "version" | "start" | "fleet"; readonly what: string } | null;
}

/** Told from outside: a deployment, a migration, a switch that somebody turned. */
export interface ToldChange {
  readonly at: number;
  readonly agents: readonly string[];
  readonly what: string;
  readonly version: string | null;
  readonly by: string;
  readonly link: string | null;
  /** The same key is the same change. */
  readonly key: string;
}

/** What changed in the fleet, and when. */
export interface Changes {
  /** Newest first, operations among them. @throws Failure "unavailable" */
  list(filter: ChangeFilter): Promise<Change[]>;
  /**
   * Writes it down, with its audit row, once for each key.
   * @throws Failure "conflict" if the key was used for another change, "unavailable"
   */
  tell(change: ToldChange, audit: AuditEntry): Promise<Change>;
  /** @throws Failure "unavailable" */
  seen(): Promise<SeenAgent[]>;
  /**
   * Remembers what was seen, and writes down what is worth telling, unless somebody else has seen it meanwhile. That an agent
   * began anew is not written down while, or soon after, an operation of ours touched it.
   * @param at when it was seen, milliseconds since the epoch @throws Failure "unavailable"
   */
  see(changes: readonly SeenChange[], at: number): Promise<void>;
  /** Forgets what is older than this. @throws Failure "unavailable" */
  forget(before: number): Promise<void>;
}
