import type { MaintenanceWindow } from "../domain/maintenance.ts";
import type { AuditEntry } from "./audit-log.ts";

/** Who works on which agents, until when. */
export interface WindowDraft {
  /** op-481; the same one again is the same window. */
  readonly operation: string;
  readonly agents: readonly string[];
  readonly by: string;
  readonly reason: string | null;
  /** ms since the epoch */
  readonly now: number;
  readonly endsAt: number;
  readonly audit: AuditEntry;
}

/** Maintenance windows; each change is audited in its transaction. */
export interface Maintenance {
  /** @throws Failure "unavailable" */
  begin(draft: WindowDraft): Promise<MaintenanceWindow>;
  /** Those that are open as far as is known here, from memory: looking at the fleet does not wait for PostgreSQL. */
  current(): readonly MaintenanceWindow[];
  /** Those that have not ended, the next to end first. @throws Failure "unavailable" */
  open(): Promise<MaintenanceWindow[]>;
  /** @returns null if there is none that has not ended @throws Failure "unavailable" */
  end(end: { id: string; by: string; now: number; audit: AuditEntry }): Promise<MaintenanceWindow | null>;
}
