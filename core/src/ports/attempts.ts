import type { AuditEntry, AuditEvent } from "../domain/audit.ts";

/** Reasons that refused attempts are counted by; a metric has them as a label, so there is no other. */
export const REFUSAL_REASONS = [
  "no-credential",
  "unknown-credential",
  "expired-credential",
  "signature",
  "stale",
  "future",
  "body",
  "unproven-identity",
  "not-a-member",
  "scope",
  "role",
  "policy",
  "origin",
  "limit",
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Doors that attempts come through; a metric has them as a label. */
export const ATTEMPT_DOORS = [
  "slack",
  "http",
  "terminal",
  "grafana",
  "page",
  "alertmanager",
  "google",
  "host",
  "agent",
] as const;
export type AttemptDoor = (typeof ATTEMPT_DOORS)[number];

/** Somebody who was believed. */
export type Admission = Pick<AuditEntry, "actor"> & {
  readonly door: AttemptDoor;
  /** As whom the door knows them: `slack:T1/U1`, `token:t-laptop`. */
  readonly identity: string;
  readonly requestId?: string | null;
};

/** Somebody or something that was turned away. */
export interface Refusal {
  readonly event: Extract<AuditEvent, "authentication" | "decision" | "limit" | "signature">;
  readonly door: AttemptDoor;
  readonly reason: RefusalReason;
  /** If it is known: at most a few are named in the row. */
  readonly actor?: string;
  readonly identity?: string;
}

/**
 * Writes down who came to a door, without letting a flood fill the disk: who was believed once an hour by person, door
 * and credential; who was not as one row a minute by kind, door and reason, with their number. Never throws and never
 * waits: a refusal stands even if it cannot be written down, and is then written with the next row.
 */
export interface Attempts {
  admitted(admission: Admission): void;
  refused(refusal: Refusal): void;
}
