import { createHash } from "node:crypto";
import { ROLES, type Role } from "./actor.ts";

/** A group that somebody is in, by which they have a role. */
export interface WorkspaceGrant {
  readonly role: Role;
  /** Address of the role's group. */
  readonly group: string;
  /** Addresses of the groups between that one and the person, outermost first. */
  readonly via: readonly string[];
}

/** Somebody who is in at least one of the groups, and may be. */
export interface WorkspacePerson {
  /** Google's id for ever, `sub` in an ID token. */
  readonly id: string;
  readonly name: string;
  /** The primary address first; in lower case. */
  readonly mails: readonly string[];
  /** Of another company: Google says nothing more of them than that they are in the group. */
  readonly isExternal: boolean;
  readonly grants: readonly WorkspaceGrant[];
}

/** One complete answer of the directory: all groups, all pages, all people. There is no such thing as half of it. */
export interface WorkspaceReading {
  /** By id. */
  readonly people: readonly WorkspacePerson[];
  /** Who is in a group and has no role all the same, and why: "former@… is suspended". */
  readonly leftOut: readonly string[];
}

/** Address of the group of each role. */
export type RoleGroups = Readonly<Record<Role, string>>;

/** The highest role among grants; null if there is none. */
export const highestRole = (grants: readonly Pick<WorkspaceGrant, "role">[]): Role | null =>
  ROLES.findLast((role) => grants.some((grant) => grant.role === role)) ?? null;

/** Roles that include this one: of operator, operator and admin. */
export const rolesFrom = (role: Role): readonly Role[] => ROLES.slice(ROLES.indexOf(role));

/** SHA-256 of who has which role from where, hex; two readings that say the same have the same. */
export function digestOf({ people }: Pick<WorkspaceReading, "people">): string {
  const facts = people
    .map(({ id, name, mails, isExternal, grants }) => {
      const from = grants.map(({ role, group, via }) => [role, group, via]).toSorted(byText);
      return [id, name, mails, isExternal, from];
    })
    .toSorted(byText);
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex");
}

const byText = (one: unknown, other: unknown): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

/** People whose highest role is at least this. */
export const countWith = (people: readonly Pick<WorkspacePerson, "grants">[], role: Role): number =>
  people.filter(({ grants }) => grants.some((grant) => rolesFrom(role).includes(grant.role))).length;

// Taking one or two people out by hand is daily work; nobody takes half of four out without meaning to say so.
const HALF_COUNTS_FROM = 4;
const NOTHING_COUNTS_FROM = 3;

/**
 * What speaks against resting changes on the new list: a role that lost half its people at once, or all of them.
 * @returns "admins shrank from 12 to 3 people", or null
 */
export function shrinkOf(
  before: readonly Pick<WorkspacePerson, "grants">[],
  after: readonly Pick<WorkspacePerson, "grants">[],
): string | null {
  if (before.length > 0 && after.length === 0) return `nobody is left of ${before.length} people`;
  const shrunk = ROLES.map((role) => ({ role, was: countWith(before, role), is: countWith(after, role) })).filter(
    ({ was, is }) => (is === 0 && was >= NOTHING_COUNTS_FROM) || (was >= HALF_COUNTS_FROM && is * 2 <= was),
  );
  const words = shrunk.map(({ role, was, is }) => `${role}s shrank from ${was} to ${is} people`);
  return words.length === 0 ? null : words.join(", ");
}

/** Who came, went or changed roles between two lists, for the audit log. */
export function changesBetween(
  before: readonly WorkspacePerson[],
  after: readonly WorkspacePerson[],
): readonly { readonly id: string; readonly before: Role | null; readonly after: Role | null }[] {
  const was = new Map(before.map(({ id, grants }) => [id, highestRole(grants)]));
  const is = new Map(after.map(({ id, grants }) => [id, highestRole(grants)]));
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((id) => ({ id, before: was.get(id) ?? null, after: is.get(id) ?? null }))
    .filter((change) => change.before !== change.after);
}
