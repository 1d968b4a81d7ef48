import type { Role } from "@rollcall/core/domain/actor.ts";
import type { Block, Lift, PolicyRules, ScopeRule } from "@rollcall/core/ports/policy-rules.ts";
import { NARROWED_TO, type Standing, type Subject } from "./rights-by-design.ts";

export const GROUP_OF: Readonly<Record<Role, string>> = {
  viewer: "fleet-viewers@example.test",
  operator: "fleet-operators@example.test",
  admin: "fleet-admins@example.test",
};

/** A person of the matrix: one for every role and standing. */
export interface MatrixPerson extends Subject {
  /** 21 digits, as Google numbers accounts. */
  readonly google: string;
  /** Id in access.yaml: `p-3`. */
  readonly id: string;
  readonly mail: string;
  readonly slackUser: string;
  /** Text of their API token. */
  readonly token: string;
}

const EVERY_ROLE = ["admin", "operator", "viewer", null] as const;
const OF_ALL_ROLES: readonly Standing[] = [
  ...["known", "blocked in the file", "block of the file over", "blocked in PostgreSQL", "lift over"],
  ...["lifted to operator", "lifted to admin", "narrowed by name", "narrowed by group"],
] as const;
const OF_GROUP_MEMBERS: readonly Standing[] = [
  ...["member of a nested group", "suspended", "archived", "removed from the directory", "of a foreign domain"],
] as const;

/** @param standings those wanted; all if left out */
export function makePeople(standings?: readonly Standing[]): readonly MatrixPerson[] {
  const wanted = (standing: Standing): boolean => standings === undefined || standings.includes(standing);
  const subjects = EVERY_ROLE.flatMap((granted) =>
    [...OF_ALL_ROLES, ...(granted === null ? [] : OF_GROUP_MEMBERS)]
      .filter(wanted)
      .map((standing) => ({ granted, standing, fixed: null })),
  );
  return subjects.map((subject, index) => makePerson(subject, index));
}

/** @param index no two people have the same */
export function makePerson(subject: Subject, index: number): MatrixPerson {
  const number = String(index + 1).padStart(3, "0");
  const domain = subject.standing === "of a foreign domain" ? "foreign.example" : "example.test";
  return {
    ...subject,
    google: `900000000000000000${number}`,
    id: `p-${number}`,
    mail: `p-${number}@${domain}`,
    slackUser: `U0MATRIX${number}`,
    token: tokenText(`good-${number}`),
  };
}

export const tokenText = (name: string): string => `rc_${name.padEnd(43, "0")}`;

export const labelOf = ({ granted, standing, fixed }: Subject): string =>
  fixed === null ? `${granted ?? "no role"}, ${standing}` : "our own actor";

const HOUR_MS = 3_600_000;
const person = ({ google }: MatrixPerson) => google;

/** Rules about these people, as the files and PostgreSQL say them. @param now ms since the epoch */
export function rulesAbout(
  people: readonly MatrixPerson[],
  now: number,
): Pick<PolicyRules, "scopes" | "blocks" | "lifts"> {
  const of = (standing: Standing): MatrixPerson[] => people.filter((one) => one.standing === standing);
  const block =
    (until: number | null) =>
    (one: MatrixPerson): Block => ({
      ...{ person: person(one), reason: "a matrix", by: "access.yaml", since: null, until },
    });
  const lift =
    (role: Role, until: number) =>
    (one: MatrixPerson): Lift => ({
      ...{ person: person(one), role, reason: "on call", by: "somebody", since: now - 2 * HOUR_MS, until },
    });
  return {
    scopes: [...scopesAbout(people.map((one) => ({ ...one, id: one.google })))],
    blocks: [
      ...[...of("blocked in the file"), ...of("blocked in PostgreSQL")].map(block(null)),
      ...of("block of the file over").map(block(now - HOUR_MS)),
    ],
    lifts: [
      ...of("lifted to operator").map(lift("operator", now + HOUR_MS)),
      ...of("lifted to admin").map(lift("admin", now + HOUR_MS)),
      ...of("lift over").map(lift("admin", now - HOUR_MS)),
    ],
  };
}

/** One rule by names; who is narrowed as a member of a group is alone in a group of their own, inside the operators'. */
export function scopesAbout(people: readonly (Subject & Pick<MatrixPerson, "id">)[]): readonly ScopeRule[] {
  const rule = { commands: [NARROWED_TO.command], agents: [NARROWED_TO.agent] };
  const named = people.filter(({ standing }) => standing === "narrowed by name").map(({ id }) => id);
  const byName = named.length === 0 ? [] : [{ id: "matrix-name", who: named, ...rule }];
  const isAny = people.some(({ standing }) => standing === "narrowed by group");
  return isAny ? [...byName, { id: "matrix-group", who: [NARROWED_GROUP], ...rule }] : byName;
}

/** A group inside the operators' group. */
export const NARROWED_GROUP = "fleet-narrow@example.test";
