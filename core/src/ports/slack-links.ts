import type { AuditEntry } from "../domain/audit.ts";

/** How long an address for linking serves. */
export const LINK_SECONDS = 10 * 60;

/** A user of a Slack workspace. */
export interface SlackUserKey {
  readonly team: string;
  readonly user: string;
}

/** Which Google account a Slack user proved to be. */
export interface SlackLink extends SlackUserKey {
  readonly google: string;
}

/** Links between Slack users and Google accounts, made by their owners. */
export interface SlackLinks {
  /** @returns text for the address, `rl_…`; earlier ones of this user serve no more @throws Failure "unavailable" */
  propose(who: SlackUserKey): Promise<string>;
  /** Whom the text was given to. @returns null if it is not known, was used, or has expired */
  proposed(text: string): Promise<SlackUserKey | null>;
  /**
   * Uses the text up and links.
   * @returns the Slack user; null if the text serves no more
   * @throws Failure "conflict" if the Slack user is linked with another account, "unavailable"
   */
  link(text: string, google: string, audit: (who: SlackUserKey) => AuditEntry): Promise<SlackUserKey | null>;
  /** @returns the Slack users whose link ended */
  unlink(google: string, audit: (who: SlackUserKey) => AuditEntry): Promise<SlackUserKey[]>;
  all(): Promise<SlackLink[]>;
}

/** Addresses at which people link their Slack user themselves. */
export interface Linking {
  /** @param user of our own workspace @returns an address that serves once @throws Failure "unavailable" */
  addressFor(user: string): Promise<string>;
}
