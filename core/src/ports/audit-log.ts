import type { AuditEntry } from "../domain/audit.ts";

export type { AuditEntry } from "../domain/audit.ts";

/** A row as stored. `hash` = SHA-256 of `prev` followed by `body`, hex. */
export interface AuditRow extends AuditEntry {
  readonly seq: number;
  readonly at: string;
  readonly hash: string;
}

/** The append-only, hash-chained log. Appends made inside a transaction belong to it. */
export interface AuditLog {
  /** @returns the row's number, shown as `a-41207` @throws Failure "unavailable" */
  append(entry: AuditEntry): Promise<number>;
  /** Newest first. @throws Failure "unavailable" */
  search(filter: AuditFilter): Promise<AuditRow[]>;
  /** Walks the whole chain and compares it with the anchors outside the database. @throws Failure "unavailable" */
  verify(): Promise<ChainCheck>;
}

export interface AuditFilter {
  readonly actor?: string;
  readonly target?: string;
  readonly operationId?: string;
  readonly limit: number;
}

export interface ChainCheck {
  readonly rows: number;
  readonly unbroken: boolean;
  /** Number of the first row that does not fit, and why. */
  readonly firstBad: { readonly seq: number; readonly why: string } | null;
  readonly head: string;
  /** Signed anchors outside the database that were compared; null if there are none. */
  readonly anchors: { readonly count: number; readonly newest: string | null } | null;
}
