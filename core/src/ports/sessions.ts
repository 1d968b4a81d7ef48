import type { AuditEntry } from "../domain/audit.ts";

/** How long a session may go unused, and how long it lasts at all. */
export const SESSION_IDLE_SECONDS = 30 * 60;
export const SESSION_LONGEST_SECONDS = 12 * 3600;
/** After so long Google is asked again whether the account stands, and the cookie gets a new text. */
export const SESSION_CONFIRM_SECONDS = 10 * 60;
/** Requests that were under way when the cookie changed still come with the old one. */
export const SESSION_OVERLAP_SECONDS = 30;
/** A sign-in that was begun must come back from Google within this time. */
export const SIGN_IN_SECONDS = 10 * 60;

/** A session as a cookie found it. */
export interface Session {
  readonly id: string;
  /** `sub` of the Google account. */
  readonly google: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Whether Google is to be asked again. */
  readonly isConfirmationDue: boolean;
}

/** A cookie that was replaced, and whose successor is in use: somebody has a copy. */
export interface StolenSession {
  readonly stolen: { readonly id: string; readonly google: string };
}

/** What a new session begins with. */
export interface SessionOpening {
  readonly google: string;
  /** Sealed; null if Google gave none. */
  readonly grant: Buffer | null;
  /** Text that only this sign-in had; it counts once. */
  readonly attempt: string;
}

/** Sessions that every replica knows. Their cookies are kept as hashes only. */
export interface Sessions {
  /** @returns the cookie's text @throws Failure "unauthenticated" if this sign-in was used before, "unavailable" */
  open(opening: SessionOpening, audit: AuditEntry): Promise<{ id: string; cookie: string }>;
  /** @returns null if there is no such session any more @throws Failure "unavailable" */
  use(cookie: string): Promise<Session | StolenSession | null>;
  /** Takes the question to Google on oneself. @returns null if another replica asks, or nobody need */
  claimConfirmation(id: string): Promise<{ grant: Buffer | null } | null>;
  /** Google said that the account stands. @returns the cookie's new text; null if the session has ended meanwhile */
  confirm(id: string, grant: Buffer | null): Promise<string | null>;
  /** @returns false if it had ended */
  end(id: string, audit: AuditEntry): Promise<boolean>;
  /** Ends all of one account. @returns how many */
  endAll(google: string, audit: AuditEntry): Promise<number>;
  /** Ids of those that stand: to end live streams of the others. */
  standing(): Promise<ReadonlySet<string>>;
}
