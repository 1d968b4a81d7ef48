import type { CommandDefinition, Ports } from "./command.ts";
import { type Actor, hasRole, type Role } from "./domain/actor.ts";
import { blockOf } from "./person-actor.ts";
import type { Directory } from "./ports/directory.ts";
import type { PolicyRules, ScopeRule } from "./ports/policy-rules.ts";
import { type OwnRule, secondPersonRisk } from "./second-person.ts";
import { fitsStandingWords, type StandingAgent } from "./standing-words.ts";

/** How old the knowledge of rights may be for a change by an operator, and by an admin (design section 6), in seconds. */
export const OLDEST_FOR_OPERATOR_SECONDS = 15 * 60;
export const OLDEST_FOR_ADMIN_SECONDS = 5 * 60;

/** What is asked of the policy. */
export interface PolicyQuestion {
  readonly actor: Actor;
  readonly command: Pick<CommandDefinition, "name" | "kind" | "role" | "danger" | "live">;
  readonly directory: Pick<Directory, "withRole" | "byId" | "trust" | "source">;
  readonly rules: PolicyRules;
  /** ms since the epoch. */
  readonly now: number;
  /** null: not known yet, only the person is asked about. */
  readonly scope: {
    readonly targets: readonly StandingAgent[];
    readonly fleetSize: number;
    /** Which rule of the command itself wants a second person for these agents, or null. */
    readonly secondPerson: OwnRule | null;
    /** Whether a second person has agreed to exactly this. */
    readonly isApproved?: boolean;
    /** Whether it was decided before that one person is enough. */
    readonly isAccepted?: boolean;
  } | null;
}

/** The answer: `rule` is a stable id, `why` a sentence without the subject's name, `whoCan` names of people who can do it now. */
export interface Decision {
  readonly allowed: boolean;
  /** Not refused for good: with the approval of a second person it may be done. */
  readonly needsSecondPerson: boolean;
  readonly rule: string;
  readonly why: string;
  readonly whoCan: readonly string[];
  /** What is possible instead, as one or two sentences. */
  readonly instead: string | null;
}

/** Decides whether the actor may run the command on these agents. What no rule allows is refused. */
export function decide(question: PolicyQuestion): Decision {
  const byPerson = decideByPerson(question);
  if (!byPerson.allowed || question.scope === null) return byPerson;
  const outside = decideByScope(question, question.scope.targets);
  if (outside !== null) return outside;
  const { targets, fleetSize, secondPerson, isApproved = false, isAccepted = false } = question.scope;
  if (isApproved || isAccepted) return byPerson;
  const risk = secondPersonRisk(question.command, { count: targets.length, fleetSize, secondPerson });
  if (risk === null) return byPerson;
  return {
    allowed: false,
    needsSecondPerson: true,
    rule: risk.rule,
    why: `${risk.why}, so it needs a second person`,
    whoCan: whoCan(question, "admin"),
    instead: risk.instead,
  };
}

/** What the policy looks at beside the question itself, as it is now. */
export const rightsOf = ({ directory, rules, clock }: Pick<Ports, "directory" | "rules" | "clock">) => ({
  ...{ directory, rules: rules.current(), now: clock.now() },
});

/** Whether the actor alone may ask for the command, whatever its agents; for help, forms, buttons and "did you mean". */
export const mayAsk = (question: Omit<PolicyQuestion, "scope">): boolean =>
  decideByPerson({ ...question, scope: null }).allowed;

// A command for everybody, strangers too (help, whoami), may only look: a missing role never opens a change.
const isHarmless = (command: PolicyQuestion["command"]): boolean => command.kind === "read" && command.danger === 0;

type Refusal = Pick<Decision, "rule" | "why"> & Partial<Decision>;
const refuse = (refusal: Refusal): Decision => ({
  ...{ allowed: false, needsSecondPerson: false, whoCan: [], instead: null },
  ...refusal,
});
const allow = (rule: string, why: string): Decision => ({
  ...{ allowed: true, needsSecondPerson: false, whoCan: [], instead: null },
  ...{ rule, why },
});

function decideByPerson(question: PolicyQuestion): Decision {
  const { actor, command, rules, now } = question;
  if (actor.only !== undefined && !actor.only.includes(command.name))
    return refuse({ rule: "fixed-rights", why: `${actor.id} has fixed rights: ${actor.only.join(", ")}` });
  if (command.role === null)
    return isHarmless(command)
      ? allow("everybody", "everybody may look this up")
      : refuse({ rule: "no-role", why: `${command.name} has no role, so nobody may run it` });
  const block = blockOf(actor, rules, now);
  if (block !== null)
    return refuse({ rule: "blocked", why: `you are blocked by ${block.by}: ${block.reason}`, instead: HARMLESS });
  const byRole = decideByRole(question, command.role);
  if (!byRole.allowed || command.kind === "read" || !actor.person) return byRole;
  return decideByTrust(question, command.role) ?? byRole;
}

const HARMLESS = "You may use help and whoami.";

function decideByRole(question: PolicyQuestion, needed: Role): Decision {
  const { actor, command } = question;
  const { role, source } = actor;
  const rule = `role-${needed}`;
  if (hasRole(actor, needed)) return allow(rule, `${role} from ${source} is enough`);
  const found = role === null ? "you have no role here" : `you are ${role} from ${source}`;
  return refuse({
    rule: role === null ? "stranger" : rule,
    why: `${command.name} needs ${needed}; ${found}`,
    whoCan: whoCan(question, needed),
    instead: role === null ? HARMLESS : null,
  });
}

/** A change rests on rights that are known, recent, and not in doubt; without that it waits. */
function decideByTrust({ directory, rules, now }: PolicyQuestion, needed: Role): Decision | null {
  if (rules.readAt === null)
    return refuse({
      rule: "rules-unknown",
      why: "nobody has read yet who is blocked",
      instead: "Repeat it in a moment.",
    });
  const { asOf, held } = directory.trust();
  if (held !== null) {
    const instead = "An admin on the host can confirm it. Looking is open to you.";
    return refuse({ rule: "directory-held", why: `who has which rights is in doubt: ${held}`, instead });
  }
  const oldest = needed === "admin" ? OLDEST_FOR_ADMIN_SECONDS : OLDEST_FOR_OPERATOR_SECONDS;
  const ageSeconds = asOf === null ? Number.POSITIVE_INFINITY : (now - asOf) / 1000;
  if (ageSeconds <= oldest) return null;
  const age = asOf === null ? "was never read" : `is ${Math.floor(ageSeconds / 60)} min old`;
  const why = `what ${directory.source} says about rights ${age}, and this needs it no older than ${oldest / 60} min`;
  return refuse({ rule: "directory-stale", why, instead: "Looking is open to you." });
}

/** Rules that name a person narrow what they may change; without one the role alone decides. */
function decideByScope(question: PolicyQuestion, targets: readonly StandingAgent[]): Decision | null {
  const { actor, command, rules } = question;
  if (command.kind === "read" || !actor.person) return null;
  const mine = rules.scopes.filter((rule) => names(rule, actor));
  if (mine.length === 0) return null;
  const forCommand = mine.filter(({ commands }) => commands.includes("*") || commands.includes(command.name));
  const ids = mine.map(({ id }) => id).join(", ");
  if (forCommand.length === 0)
    return refuse({ rule: "scope", why: `${command.name} is not among what you may change (${ids})` });
  const outside = targets.filter((agent) => !forCommand.some((rule) => covers(rule, agent))).map(({ id }) => id);
  if (outside.length === 0) return null;
  const some = outside.slice(0, 3).join(", ") + (outside.length > 3 ? ` and ${outside.length - 3} more` : "");
  return refuse({ rule: "scope", why: `you may not ${command.name} ${some} (${ids})` });
}

const names = ({ who }: ScopeRule, { id, groups = [] }: Pick<Actor, "id" | "groups">): boolean =>
  who.some((one) => one === id || groups.includes(one));

const covers = ({ agents }: ScopeRule, agent: StandingAgent): boolean =>
  agents === null || fitsStandingWords(agent, agents);

/** Names of people who have the role now, are not blocked, and are somebody else; who is on call comes first. */
function whoCan({ directory, rules, actor, now }: PolicyQuestion, needed: Role): string[] {
  const lifted = rules.lifts.filter(({ role, until }) => until > now && hasRole({ role }, needed));
  const people = [...directory.withRole(needed), ...lifted.map(({ person }) => directory.byId(person))];
  const able = people.filter((one) => one !== null && one.id !== actor.id && blockOf(one, rules, now) === null);
  const duty = new Set(rules.onCall.map(({ person }) => person));
  const names = (isOnCall: boolean): string[] =>
    able.flatMap((one) => (one === null || duty.has(one.id) !== isOnCall ? [] : [one.name]));
  return [...new Set([...names(true).map((name) => `${name} (on call)`), ...names(false)])];
}
