import type { CommandDefinition } from "./command.ts";
import { type Actor, hasRole } from "./domain/actor.ts";
import type { Directory } from "./ports/directory.ts";

/** More agents than this at once need a second person (design section 6). */
export const MOST_AGENTS_ALONE = 3;
/** So does a larger share of the fleet than this, as soon as it is more than one agent. */
export const LARGEST_SHARE_ALONE = 0.2;

/** What is asked of the policy. */
export interface PolicyQuestion {
  readonly actor: Actor;
  readonly command: Pick<CommandDefinition, "name" | "kind" | "role" | "danger">;
  readonly directory: Pick<Directory, "withRole">;
  /** null: not known yet, only the role is asked about. */
  readonly scope: {
    /** Ids of the agents. */
    readonly targets: readonly string[];
    readonly fleetSize: number;
    /** Why the command itself wants a second person for these agents, or null. */
    readonly secondPerson: string | null;
  } | null;
}

/** The answer: `rule` is a stable id, `why` a sentence without the subject's name, `whoCan` names of people who can do it now. */
export interface Decision {
  readonly allowed: boolean;
  readonly rule: string;
  readonly why: string;
  readonly whoCan: readonly string[];
  /** What is possible instead, as one or two sentences. */
  readonly instead: string | null;
}

/** Decides whether the actor may run the command on these agents. What no rule allows is refused. */
export function decide(question: PolicyQuestion): Decision {
  const byRole = decideByRole(question);
  if (!byRole.allowed || question.scope === null) return byRole;
  const risk = secondPersonRule(question.command, question.scope);
  if (risk === null) return byRole;
  return {
    allowed: false,
    rule: risk.rule,
    why: `${risk.why}, so it needs a plan and a second person, which this version cannot ask yet`,
    whoCan: [],
    instead: risk.instead,
  };
}

/** Whether the actor's role alone lets them run the command; for help and for "did you mean". */
export function mayAsk(actor: Actor, command: PolicyQuestion["command"]): boolean {
  return command.role === null ? isHarmless(command) : hasRole(actor, command.role);
}

// A command for everybody, strangers too (help, whoami), may only look: a missing role never opens a change.
const isHarmless = (command: PolicyQuestion["command"]): boolean => command.kind === "read" && command.danger === 0;

function decideByRole({ actor, command, directory }: PolicyQuestion): Decision {
  if (actor.only !== undefined && !actor.only.includes(command.name)) {
    const why = `${actor.id} has fixed rights: ${actor.only.join(", ")}`;
    return { allowed: false, rule: "fixed-rights", why, whoCan: [], instead: null };
  }
  if (command.role === null) {
    const why = isHarmless(command)
      ? "everybody may look this up"
      : `${command.name} has no role, so nobody may run it`;
    return {
      allowed: isHarmless(command),
      rule: isHarmless(command) ? "everybody" : "no-role",
      why,
      whoCan: [],
      instead: null,
    };
  }
  const rule = `role-${command.role}`;
  const from = `from ${actor.source}`;
  if (hasRole(actor, command.role))
    return { allowed: true, rule, why: `${actor.role} ${from} is enough`, whoCan: [], instead: null };
  const found = actor.role === null ? `you have no role here` : `you are ${actor.role} ${from}`;
  return {
    allowed: false,
    rule: actor.role === null ? "stranger" : rule,
    why: `${command.name} needs ${command.role}; ${found}`,
    whoCan: directory.withRole(command.role).map((person) => person.name),
    instead: actor.role === null ? "You may use help and whoami." : null,
  };
}

interface Risk {
  readonly rule: string;
  readonly why: string;
  readonly instead: string;
}

function secondPersonRule(
  { name, danger }: PolicyQuestion["command"],
  { targets, fleetSize, secondPerson }: NonNullable<PolicyQuestion["scope"]>,
): Risk | null {
  const count = targets.length;
  if (danger >= 2 && count > MOST_AGENTS_ALONE) {
    const instead = `One person may ${name} up to ${MOST_AGENTS_ALONE} agents at a time: name the ones that matter most.`;
    return {
      rule: "many-agents",
      why: `these are ${count} of ${fleetSize} agents, more than ${MOST_AGENTS_ALONE}`,
      instead,
    };
  }
  // One agent is never "a share of the fleet", or nobody could restart the only agent there is.
  if (danger >= 2 && count > 1 && count / fleetSize > LARGEST_SHARE_ALONE) {
    const why = `these are ${count} of ${fleetSize} agents, more than ${LARGEST_SHARE_ALONE * 100} % of the fleet`;
    return { rule: "fleet-share", why, instead: `One person may ${name} them one at a time.` };
  }
  if (secondPerson !== null)
    return { rule: "second-person", why: secondPerson, instead: "Looking is open to you: agent, roll-call, status." };
  return danger === 3
    ? {
        rule: "danger-3",
        why: `${name} cannot be undone`,
        instead: "Looking is open to you: agent, roll-call, status.",
      }
    : null;
}
