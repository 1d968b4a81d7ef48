/** What can be audited. */
export const AUDIT_EVENTS = [
  "decision",
  "intent",
  "dispatch",
  "outcome",
  "authentication",
  "acknowledgement",
  "desired-state",
] as const;

/** One row of the audit log; `seq`, `at` and the chain are added by the log. */
export interface AuditEntry {
  readonly event: (typeof AUDIT_EVENTS)[number];
  readonly actor: string;
  readonly door: string;
  readonly command: string | null;
  readonly targets: readonly string[];
  readonly decision: "allowed" | "refused" | null;
  /** Id of the rule that decided: `role-operator`. */
  readonly rule: string | null;
  readonly reason: string | null;
  readonly operationId: string | null;
  readonly requestId: string | null;
  /** Of the work under way, added by the log. */
  readonly correlationId?: string | undefined;
  readonly customerId?: string | undefined;
  readonly traceId?: string | undefined;
  /** Before and after, outcome, stage. No secrets, no message bodies. */
  readonly detail: Readonly<Record<string, unknown>>;
}

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
  /** Walks the whole chain. @throws Failure "unavailable" */
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
}
