import type { Ports } from "./command.ts";
import { type Actor, hasRole } from "./domain/actor.ts";
import { isFailure } from "./domain/failure.ts";
import { type Decision, decide, type PolicyQuestion } from "./policy.ts";

/**
 * As `decide`; but what cannot be undone, or is done on the word of two, does not rest on what was known a minute ago: the
 * source of the rights is asked itself, and no answer is a no (design section 6). Asked once what it is about is known.
 */
export async function decideLive(question: PolicyQuestion, { directory }: Pick<Ports, "directory">): Promise<Decision> {
  const decision = decide(question);
  if (!decision.allowed && !decision.needsSecondPerson) return decision;
  if (question.scope === null || question.command.kind === "read" || !question.actor.person) return decision;
  const { danger, live = false } = question.command;
  const isDangerous = live || danger === 3 || decision.needsSecondPerson || question.scope.isApproved === true;
  if (!isDangerous) return decision;
  const doubt = await doubtOf(question.actor, directory);
  return doubt === null ? decision : { ...decision, ...doubt, allowed: false, needsSecondPerson: false, instead: null };
}

async function doubtOf({ id }: Actor, directory: Ports["directory"]): Promise<Pick<Decision, "rule" | "why"> | null> {
  // What a lift adds is not the directory's to confirm, but the person and what it grants them are.
  const role = directory.byId(id)?.role ?? null;
  if (role === null || !hasRole({ role }, "viewer"))
    return { rule: "stranger", why: `${directory.source} no longer gives you a role` };
  try {
    if (await directory.confirm(id, role)) return null;
    return { rule: "not-confirmed", why: `${directory.source} was asked just now and no longer calls you ${role}` };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return {
      rule: "not-confirmed",
      why: `${directory.source} does not confirm that you are ${role}: ${error.message}`,
    };
  }
}
