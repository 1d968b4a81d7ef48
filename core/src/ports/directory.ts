import type { Role } from "../domain/actor.ts";

/** A person who may come in by one of the doors. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly mails: readonly string[];
  readonly slack: readonly { readonly team: string; readonly user: string }[];
  readonly role: Role | null;
}

/** Who people are. All lookups are answered from memory. */
export interface Directory {
  /** Where the rights come from: `access.yaml`. */
  readonly source: string;
  byId(id: string): Person | null;
  bySlack(team: string, user: string): Person | null;
  /** @param token as the client sent it, `rc_…` @returns the person and the token's id; null if unknown or expired */
  byToken(token: string): { person: Person; tokenId: string; scopes: readonly string[] } | null;
  withRole(role: Role): readonly Person[];
}
