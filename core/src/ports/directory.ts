import type { Role } from "../domain/actor.ts";

/** Why somebody has a role. */
export interface Grant {
  readonly role: Role;
  /** `fleet-operators@example.com`, or `access.yaml`. */
  readonly from: string;
  /** Groups between that one and the person, outermost first; empty for a direct member. */
  readonly via: readonly string[];
  /** Since when it is known without a break, ms since the epoch; null where nobody keeps that: a file. */
  readonly knownSince: number | null;
}

/** A person who may come in by one of the doors. */
export interface Person {
  /** Never re-used and never a mail address: the `sub` of Google, or an id of access.yaml. */
  readonly id: string;
  readonly name: string;
  readonly mails: readonly string[];
  readonly slack: readonly { readonly team: string; readonly user: string }[];
  /** `sub` of their Google account: their id itself, or what access.yaml says. */
  readonly google?: string;
  /** The highest of what is granted; null: known, but allowed nothing. */
  readonly role: Role | null;
  readonly grants?: readonly Grant[];
}

/** How far what the directory says can be trusted. */
export interface DirectoryTrust {
  /** Moment of the last complete answer of the source, ms since the epoch; null: there never was one. */
  readonly asOf: number | null;
  /** Why no change may rest on it although it is fresh: "fleet-admins@ shrank from 12 to 3 people"; null: it may. */
  readonly held: string | null;
}

/** Who people are. All lookups but `confirm` are answered from memory. */
export interface Directory {
  /** Where the rights come from: `access.yaml`, `Google Workspace`. */
  readonly source: string;
  byId(id: string): Person | null;
  bySlack(team: string, user: string): Person | null;
  /** @param mail an address that its issuer vouches for; compared as a whole and without case */
  byMail(mail: string): Person | null;
  /** @param token as the client sent it, `rc_…` @returns the person and the token's id; null if unknown or expired */
  byToken(token: string): { person: Person; tokenId: string; scopes: readonly string[] } | null;
  /** The same by the token's id, to see whether it is still good. Left out: nobody can be known again by it. */
  byTokenId?(tokenId: string): { person: Person; tokenId: string; scopes: readonly string[] } | null;
  withRole(role: Role): readonly Person[];
  trust(): DirectoryTrust;
  /** What the source said when it could not be read last, in its words; null if it could. Left out where nobody reads: a file. */
  problem?(): string | null;
  /**
   * Asks the source itself, within 5 s, whether the person still has the role.
   * @returns false if not @throws Failure "unavailable" if the source does not say: no answer is never a yes
   */
  confirm(id: string, role: Role): Promise<boolean>;
}
