import type { CommandDefinition } from "./command.ts";

/** More agents than this at once need a second person (design section 6). */
export const MOST_AGENTS_ALONE = 3;
/** So does a larger share of the fleet than this, as soon as it is more than one agent. */
export const LARGEST_SHARE_ALONE = 0.2;

/** Why one person is not enough. */
export interface Risk {
  /** Stable id: `many-agents`, `p0-working`. */
  readonly rule: string;
  readonly why: string;
  /** What one person can do instead. */
  readonly instead: string;
}

/** What a command itself says: which rule wants a second person for these agents, and why. */
export type OwnRule = Pick<Risk, "rule" | "why">;

/** @param secondPerson what the command itself says of these agents, or null @returns null if one person is enough */
export function secondPersonRisk(
  { name, danger }: Pick<CommandDefinition, "name" | "danger">,
  { count, fleetSize, secondPerson }: { count: number; fleetSize: number; secondPerson: OwnRule | null },
): Risk | null {
  if (danger >= 2 && count > MOST_AGENTS_ALONE) {
    const instead = `One person may ${name} up to ${MOST_AGENTS_ALONE} agents at a time: name the ones that matter most.`;
    const why = `these are ${count} of ${fleetSize} agents, more than ${MOST_AGENTS_ALONE}`;
    return { rule: "many-agents", why, instead };
  }
  // One agent is never "a share of the fleet", or nobody could restart the only agent there is.
  if (danger >= 2 && count > 1 && count / fleetSize > LARGEST_SHARE_ALONE) {
    const why = `these are ${count} of ${fleetSize} agents, more than ${LARGEST_SHARE_ALONE * 100} % of the fleet`;
    return { rule: "fleet-share", why, instead: `One person may ${name} them one at a time.` };
  }
  const instead = "Looking is open to you: agent, roll-call, status.";
  if (secondPerson !== null) return { ...secondPerson, instead };
  return danger === 3 ? { rule: "danger-3", why: `${name} cannot be undone`, instead } : null;
}
