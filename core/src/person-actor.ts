import type { Ports } from "./command.ts";
import { type Actor, ROLES, type Role } from "./domain/actor.ts";
import type { Directory, Person } from "./ports/directory.ts";
import type { Block, Lift, PolicyRules } from "./ports/policy-rules.ts";

/** What a person's rights are looked up in. */
export interface Rights {
  readonly directory: Pick<Directory, "source">;
  readonly rules: Pick<PolicyRules, "blocks" | "lifts">;
  /** ms since the epoch. */
  readonly now: number;
}

/**
 * The person as an actor, with the rights in force at this moment: a lift raises the role for its time, a block takes it away.
 * Every door and every later step asks here anew; nobody keeps a role.
 */
export function personActor(person: Person, { directory, rules, now }: Rights): Actor {
  const { id, name, grants = [] } = person;
  const block = blockOf(person, rules, now);
  const { role, lift } = roleInForce(person, rules, now);
  const source = lift === null ? directory.source : `a lift by ${lift.by} until ${new Date(lift.until).toISOString()}`;
  return {
    ...{ id, name, person: true, slackUser: person.slack[0]?.user ?? null },
    role: block === null ? role : null,
    source: block === null ? source : `a block by ${block.by}: ${block.reason}`,
    groups: [...new Set(grants.flatMap(({ from, via }) => [from, ...via]))],
  };
}

function roleInForce(person: Person, { lifts }: Pick<PolicyRules, "lifts">, now: number) {
  const mine = lifts.filter((one) => one.person === person.id && one.until > now);
  const lift = mine.toSorted((one, other) => rank(other.role) - rank(one.role))[0] ?? null;
  const isHigher = lift !== null && rank(lift.role) > rank(person.role);
  return isHigher ? { role: lift.role, lift } : { role: person.role, lift: null as Lift | null };
}

const rank = (role: Role | null): number => (role === null ? -1 : ROLES.indexOf(role));

/** The block of a person that is in force, or null. */
export const blockOf = (
  { id }: Pick<Person, "id">,
  { blocks }: Pick<PolicyRules, "blocks">,
  now: number,
): Block | null => blocks.find(({ person, until }) => person === id && (until === null || until > now)) ?? null;

/** Who the actor of an earlier step is now: a person with the rights of this moment, or our own actor unchanged. */
export function personNow(before: Actor, ports: Pick<Ports, "directory" | "rules" | "clock">): Actor {
  if (!before.person) return before;
  const person = ports.directory.byId(before.id);
  if (person === null) return { ...before, role: null, groups: [] };
  const rights = { directory: ports.directory, rules: ports.rules.current(), now: ports.clock.now() };
  return { ...personActor(person, rights), slackUser: before.slackUser };
}
