import type { Ending, TargetProgress } from "../domain/operation.ts";
import type { AuditEntry } from "./audit-log.ts";

/** What somebody on the host did past the usual path, as the spool tells it. */
export interface SpooledUse {
  readonly id: string;
  readonly command: string;
  readonly agent: string;
  /** `host:root` */
  readonly actor: string;
  readonly reason: string;
  readonly beganAt: number;
  /** null: it broke off. */
  readonly endedAt: number | null;
  readonly ending: Ending;
  readonly error: string | null;
  readonly target: TargetProgress;
  /** State in which it left the agent on purpose, if it got that far. */
  readonly desired: "running" | "stopped" | null;
  readonly line: number;
  readonly hash: string;
}

/** A use that is written down, or a spool that cannot be believed (`command` null). */
export interface BreakGlassUse {
  readonly id: string;
  readonly command: string | null;
  readonly agent: string | null;
  readonly actor: string;
  readonly reason: string;
  readonly beganAt: number;
  readonly ending: string;
  readonly error: string | null;
  readonly operationId: string | null;
  readonly reviewedBy: string | null;
  readonly reviewedAt: number | null;
  readonly review: string | null;
  readonly revision: number;
}

/** Uses of break-glass, taken over from the spool, and what admins said about them. */
export interface BreakGlass {
  /** Takes a use over: audit rows, an ended operation and an open review, once. @returns false if it was there @throws Failure "unavailable" */
  take(use: SpooledUse): Promise<boolean>;
  /** Writes down once that the spool cannot be believed. @throws Failure "unavailable" */
  takeDoubt(doubt: { line: number; hash: string; why: string; at: number }): Promise<boolean>;
  /** Whether it was taken over. @throws Failure "unavailable" */
  has(useId: string): Promise<boolean>;
  /** Last line of the spool that was taken over; null if none. @throws Failure "unavailable" */
  lastLine(): Promise<{ readonly line: number; readonly hash: string } | null>;
  /** @param id `bg-3` @throws Failure "unavailable" */
  find(id: string): Promise<BreakGlassUse | null>;
  /** Those that nobody has looked at, oldest first. @throws Failure "unavailable" */
  unreviewed(): Promise<BreakGlassUse[]>;
  /** @returns false if somebody has looked at it before @throws Failure "unavailable" */
  review(id: string, how: { by: string; text: string }, audit: AuditEntry): Promise<boolean>;
}
