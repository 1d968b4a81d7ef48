import type { AuditEntry, AuditEvent } from "../domain/audit.ts";

export type { AuditEntry } from "../domain/audit.ts";

/** A row as stored. `hash` = SHA-256 of `prev` followed by `body`, hex. */
export interface AuditRow extends AuditEntry {
  readonly seq: number;
  readonly at: string;
  readonly hash: string;
  /** Hash of the row before, and the text that the hash is over; only if the whole row was asked for. */
  readonly prev?: string;
  readonly body?: string;
}

/** The append-only, hash-chained log. Appends made inside a transaction belong to it. */
export interface AuditLog {
  /** @returns the row's number, shown as `a-41207` @throws Failure "unavailable" */
  append(entry: AuditEntry): Promise<number>;
  /** Newest first, if nothing else is asked. @throws Failure "unavailable" */
  search(filter: AuditFilter): Promise<AuditRow[]>;
  /** Walks the whole chain and compares it with the anchors outside the database. @throws Failure "unavailable" */
  verify(): Promise<ChainCheck>;
}

/** What rows are wanted; a condition that is left out lets all through. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly operationId?: string | undefined;
  readonly event?: AuditEvent | undefined;
  readonly door?: string | undefined;
  readonly command?: string | undefined;
  readonly decision?: "allowed" | "refused" | undefined;
  /** Milliseconds since the epoch, the moment itself included. */
  readonly from?: number | undefined;
  /** The moment itself not included. */
  readonly to?: number | undefined;
  /** Stands somewhere in the row, in any case of its letters. */
  readonly text?: string | undefined;
  /** Newest first, or oldest first. */
  readonly order?: "newest" | "oldest" | undefined;
  /** Number of the row behind which the page begins, in that order. */
  readonly after?: number | undefined;
  /** With `prev` and `body`, by which anybody can check the chain. */
  readonly whole?: boolean | undefined;
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
