import type { Brake, BudgetQuestion } from "../brakes/restart-budget.ts";

/** What keeps people and automation from doing too much, the same for all control services. */
export interface Brakes {
  /**
   * What stands in the way of interrupting these agents now, by all that was accepted before; null: nothing. A command that
   * is accepted meanwhile is counted when this one is accepted.
   * @throws Failure "unavailable"
   */
  standing(question: BudgetQuestion): Promise<Brake | null>;
}
