import { Failure } from "./domain/failure.ts";
import type { OfferedPlan } from "./domain/plan.ts";

/**
 * Why a plan can no longer be confirmed, whoever tries.
 * @param isOver whether its time is over, by the clock of whoever stores it
 * @returns null if it can
 */
export function endedPlan({ state, became }: Pick<OfferedPlan, "state" | "became">, isOver: boolean): Failure | null {
  if (state === "confirmed") {
    const what = became === null ? "" : ` (${became})`;
    return new Failure("conflict", `This plan was confirmed already${what}. Nothing was done now.`, {
      rule: "plan-used",
      ...(became !== null && { found: became }),
      next: "Ask for a new plan.",
    });
  }
  if (state === "changed")
    return new Failure("conflict", "This plan no longer held and was replaced by a new one. Nothing was done.", {
      rule: "plan-used",
      next: "Ask for a new plan.",
    });
  if (!isOver) return null;
  return new Failure("expired", "The five minutes of this plan are over. Nothing was done.", {
    rule: "plan-expired",
    next: "Ask for a new plan.",
  });
}

/** To somebody who brings a token that confirms nothing. */
export const unknownPlan = (): Failure =>
  new Failure("not_found", "This confirms no plan. Nothing was done.", {
    rule: "plan-unknown",
    next: "Ask for a new plan.",
  });

/** To somebody who brings the token of another person. */
export const foreignPlan = (): Failure =>
  new Failure("forbidden", "This plan was shown to somebody else, so only they can confirm it", {
    rule: "plan-of-another",
    next: "Ask for a plan of your own. Nothing was done.",
  });
