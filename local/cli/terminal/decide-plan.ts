import { wordsToType } from "@rollcall/core/domain/plan.ts";
import type { ApiPlanned } from "@rollcall/core/plan-contract.ts";
import { planLines, planTitle, validLine } from "@rollcall/core/plan-words.ts";
import type { Screen } from "./paint.ts";

/** A plan as lines for people, the first bold. */
export function plannedLines({ plan, confirm, changed }: ApiPlanned): string[] {
  const end = confirm === null ? "Only shown. Nothing has happened yet." : validLine({ plan, ...confirm });
  return [
    ...(changed === null ? [] : [`⌛ ${changed}`]),
    `*${planTitle(plan)}*`,
    ...planLines(plan).map((line) => `  ${line}`),
    end,
  ];
}

/** What a person adds to a plan: why, if that is missing. */
interface PlanDecision {
  readonly isConfirmed: boolean;
  readonly reason: string | null;
}

/**
 * Asks whoever sits at the terminal; nobody there, and it is not confirmed.
 * @param given the reason that was said before
 */
export async function decidePlan(
  { plan }: ApiPlanned,
  { screen, isYes, given }: { screen: Screen; isYes: boolean; given: string | null },
): Promise<PlanDecision> {
  const { ask } = screen;
  if (isYes) return { isConfirmed: true, reason: given };
  if (ask === null) return { isConfirmed: false, reason: given };
  const isForTwo = plan.secondPerson !== null;
  const reason = given ?? (isForTwo ? (await ask("Reason: ")).trim() : null);
  if (reason === "") return { isConfirmed: false, reason: null };
  const typed = wordsToType(plan);
  const question = typed === null ? (isForTwo ? "Ask a second person? [y/N] " : "Confirm? [y/N] ") : `Type ${typed}: `;
  const answer = (await ask(question)).trim();
  return { isConfirmed: typed === null ? /^y(es)?$/i.test(answer) : answer === typed, reason };
}
