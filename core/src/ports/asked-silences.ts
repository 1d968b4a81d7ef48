import type { AskedSilence, MutedAlert } from "../domain/asked-silence.ts";
import type { AuditEntry } from "./audit-log.ts";

/** What is to be quiet, until when, and who wants it. */
export interface SilenceDraft {
  /** op-481; the same one again is the same silence. */
  readonly operation: string;
  readonly mutes: readonly MutedAlert[];
  readonly asker: AskedSilence["asker"];
  readonly reason: string;
  /** ms since the epoch */
  readonly now: number;
  readonly endsAt: number;
  readonly audit: AuditEntry;
}

/** Silences that somebody asked for; each change is audited in its transaction. */
export interface AskedSilences {
  /** @throws Failure "unavailable" */
  begin(draft: SilenceDraft): Promise<AskedSilence>;
  /** @returns the silence that the operation asked for; null if it has asked for none yet @throws Failure "unavailable" */
  ofOperation(operation: string): Promise<AskedSilence | null>;
  /** Holding or ended. @throws Failure "unavailable" */
  find(id: string): Promise<AskedSilence | null>;
  /** Those that hold, the next to end first. @throws Failure "unavailable" */
  open(): Promise<AskedSilence[]>;
  /** @returns null if there is none that holds @throws Failure "unavailable" */
  end(end: { id: string; by: string; now: number; audit: AuditEntry }): Promise<AskedSilence | null>;
  /** Those that have ended, and of which nobody has looked yet what still fires. @throws Failure "unavailable" */
  untold(): Promise<AskedSilence[]>;
  /** @throws Failure "unavailable" */
  markTold(id: string): Promise<void>;
}
