import type { ActiveFreeze, Thawed } from "../brakes/freeze.ts";
import type { AuditEntry } from "./audit-log.ts";

/** Who wants a freeze, of whom, until when. */
export interface FreezeDraft {
  /** op-481; the same one again is the same freeze. */
  readonly operation: string;
  readonly agents: readonly string[];
  readonly by: string;
  readonly reason: string | null;
  /** ms since the epoch */
  readonly now: number;
  readonly endsAt: number;
  readonly audit: AuditEntry;
}

/** Who ends one, and when. */
export interface FreezeEnd {
  readonly id: string;
  readonly by: string;
  readonly now: number;
  readonly audit: AuditEntry;
}

/** Freezes: what was paused by them, and what it was before. Each change is audited in its transaction. */
export interface Freezes {
  /** Pauses and remembers. @throws Failure "unavailable" */
  begin(draft: FreezeDraft): Promise<ActiveFreeze>;
  /** Those that have not ended, oldest first. @throws Failure "unavailable" */
  active(): Promise<ActiveFreeze[]>;
  /** Gives back what it took. @returns null if there is none that has not ended @throws Failure "unavailable" */
  end(end: FreezeEnd): Promise<Thawed | null>;
}
