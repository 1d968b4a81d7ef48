import type { ActCommand } from "../command.ts";
import type { CommandRequest, Engine } from "../run-command.ts";
import { lockedFailure } from "./locked-failure.ts";
import type { Brake, BudgetQuestion } from "./restart-budget.ts";

interface Asked {
  readonly request: CommandRequest;
  readonly command: ActCommand;
  readonly agents: readonly string[];
  readonly fleetSize: number;
  /** Whether one person is enough by all other rules. */
  readonly isAlone: boolean;
}

/** What a restart or stop is counted by; undefined for a command that interrupts nobody, or where nothing is counted. */
export const budgetQuestion = (
  { request, command, agents, fleetSize, isAlone }: Asked,
  { brakes }: Pick<Engine, "brakes">,
): BudgetQuestion | undefined =>
  brakes === undefined || command.interrupts !== true || agents.length === 0
    ? undefined
    : { command: command.name, agents, isPerson: request.actor.person, isAlone, fleetSize, limits: brakes };

/**
 * The brake that the request wants to pass, for the second person who has to agree to it; null if none stands in the way.
 * @throws Failure "too_many_requests" if one does and the request does not say `--force`; "unavailable"
 */
export async function findBrake(
  { force = false }: Pick<CommandRequest, "force">,
  question: BudgetQuestion | undefined,
  { ports }: Pick<Engine, "ports">,
): Promise<Brake | null> {
  if (question === undefined) return null;
  const brake = (await ports.brakes?.standing(question)) ?? null;
  if (brake !== null && !force) throw lockedFailure(brake, question.command);
  return brake;
}
