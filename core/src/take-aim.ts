import { reasonOf } from "./ask-second-person.ts";
import { budgetQuestion, findBrake } from "./brakes/find-brake.ts";
import type { Brake, BudgetQuestion } from "./brakes/restart-budget.ts";
import type { ActCommand, ReadContext } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import { needsPlan, type PassedBrake } from "./domain/plan.ts";
import { auditOf, auditRefusal, permit } from "./permit.ts";
import { type Decision, decide, type PolicyQuestion, rightsOf } from "./policy.ts";
import type { ExpectedAgent } from "./protocol.ts";
import type { CommandRequest, Engine } from "./run-command.ts";

/** A command that changes something, with its checked input. */
export interface Act {
  readonly command: ActCommand;
  readonly input: Record<string, unknown>;
  readonly context: ReadContext;
}

/** What a wish is about, and what the policy says to it. */
export interface Aimed {
  /** What is worked on: ids of agents, or the subjects of a command that is about none. */
  readonly targets: readonly string[];
  readonly agents: readonly ExpectedAgent[];
  readonly incidentId: string | null;
  readonly decision: Decision;
  readonly budget: BudgetQuestion | undefined;
  readonly brakes: readonly PassedBrake[];
  /** Whether it is shown as a plan before anything is done. */
  readonly isPlanned: boolean;
}

/**
 * Finds out whom the wish would touch, whether its actor may, who else has to agree, and which brake stands in the way.
 * @param isConfirmed whether its plan was shown and confirmed
 * @throws Failure "forbidden", "too_many_requests", both audited; "invalid_input" for a reason that is missing; "unavailable"
 */
export async function takeAim(
  request: CommandRequest,
  engine: Engine,
  { act, isConfirmed }: { act: Act; isConfirmed: boolean },
): Promise<Aimed> {
  const { command, input, context } = act;
  const agents = await aim(request, engine, act);
  const { scope, budget, brakes, first } = await weigh(request, engine, { act, targets: agents });
  const isPlanned = !isConfirmed && (request.dryRun === true || isShownFirst(request, { act, agents, brakes, first }));
  // Before the source of the rights is asked: a door that asks for the reason has three seconds to do so.
  if (first.needsSecondPerson && !isPlanned) reasonOf(request, first);
  const decision = await permit(request, engine, { command, scope });
  if (!isPlanned) await engine.limits?.admitBulk(request, agents.length);
  const targets = command.subjects?.(input, context) ?? agents.map(({ id }) => id);
  const incidentId = command.incidentId?.(input) ?? request.incidentId;
  return { targets, agents, incidentId, decision, budget, brakes, isPlanned };
}

function isShownFirst(
  { actor }: CommandRequest,
  { act, agents, brakes, first }: { act: Act } & Pick<Aimed, "agents" | "brakes"> & { first: Decision },
): boolean {
  const { who } = act.input as { who?: unknown };
  const words = Array.isArray(who) ? who.map((word) => String(word).toLowerCase()) : null;
  const isNamed = words === null || agents.every(({ id }) => words.includes(id));
  const { danger } = act.command;
  const isPastBrake = brakes.length > 0;
  return needsPlan({ actor, danger, agents: agents.length, isNamed, isForTwo: first.needsSecondPerson, isPastBrake });
}

/** How many agents it touches and who has to agree: for their number, for the command itself, or because a brake is passed. */
async function weigh(
  request: CommandRequest,
  engine: Engine,
  { act: { command, context, input }, targets }: { act: Act; targets: readonly ExpectedAgent[] },
) {
  const fleetSize = (await engine.ports.registry.expected()).agents.length;
  const secondPerson = (await command.needsSecondPerson?.(targets, context, input)) ?? null;
  const decideOn = (scope: NonNullable<PolicyQuestion["scope"]>): Decision =>
    decide({ actor: request.actor, command, ...rightsOf(engine.ports), scope });
  const scope = { targets, fleetSize, secondPerson };
  const alone = decideOn(scope);
  const agents = targets.map(({ id }) => id);
  const budget = budgetQuestion({ request, command, agents, fleetSize, isAlone: !alone.needsSecondPerson }, engine);
  const brake = alone.allowed || alone.needsSecondPerson ? await passBrake(request, engine, { command, budget }) : null;
  const weighed = brake === null ? scope : { ...scope, secondPerson: { rule: brake.rule, why: brake.why } };
  const brakes = brake === null ? [] : [{ rule: brake.rule, why: brake.why }];
  return { scope: weighed, budget, brakes, first: decideOn(weighed) };
}

/** A brake that refuses is a decision, so it is written down. */
async function passBrake(
  request: CommandRequest,
  engine: Engine,
  { command, budget }: { command: ActCommand; budget: BudgetQuestion | undefined },
): Promise<Brake | null> {
  try {
    // Who only wants to know is shown the brake; it holds nobody up.
    const force = request.force === true || request.dryRun === true;
    return await findBrake({ force }, budget, engine);
  } catch (error) {
    if (!isFailure(error) || error.code !== "too_many_requests") throw error;
    const { rule = "brake" } = error.detail;
    const decision = { allowed: false, needsSecondPerson: false, instead: null, rule, why: error.message, whoCan: [] };
    await auditRefusal(engine, auditOf(request, { command, decision, targets: budget?.agents ?? [] }));
    throw error;
  }
}

/** What the command is about; who may not is refused by the command itself, too, and that is written down. */
async function aim(request: CommandRequest, engine: Engine, { command, input, context }: Act) {
  try {
    return await command.targets(input, context);
  } catch (error) {
    if (!isFailure(error) || error.code !== "forbidden") throw error;
    const { rule = "command", allowed = [] } = error.detail;
    const none = { allowed: false, needsSecondPerson: false, instead: null };
    const decision = { ...none, rule, why: error.message, whoCan: allowed };
    await auditRefusal(
      engine,
      auditOf(request, { command, decision, targets: command.subjects?.(input, context) ?? [] }),
    );
    throw error;
  }
}
