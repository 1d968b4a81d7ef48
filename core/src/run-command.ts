import { askSecondPerson, needReason, reasonOf } from "./ask-second-person.ts";
import type { BrakeLimits } from "./brakes/brake-limits.ts";
import { budgetQuestion, findBrake } from "./brakes/find-brake.ts";
import type { Brake, BudgetQuestion } from "./brakes/restart-budget.ts";
import type { ActCommand, CommandDefinition, Ports, ReadContext } from "./command.ts";
import { commandNamed, refuseUnknownCommand } from "./command-words.ts";
import { decideLive } from "./decide-live.ts";
import type { Actor, Door } from "./domain/actor.ts";
import type { ApprovalRequest } from "./domain/approval.ts";
import { Failure, isFailure } from "./domain/failure.ts";
import type { Operation, OperationOrigin } from "./domain/operation.ts";
import type { Report } from "./domain/report.ts";
import type { CommandLimits } from "./limit-commands.ts";
import { parseInput } from "./parse-input.ts";
import { type Decision, decide, mayAsk, type PolicyQuestion, rightsOf } from "./policy.ts";
import type { AuditEntry } from "./ports/audit-log.ts";
import type { CommandStore } from "./ports/command-store.ts";
import { requestContext } from "./protocol/request-context.ts";
import type { ExpectedAgent } from "./protocol.ts";

/** One wish of somebody, as a door hands it to the one command path. */
export interface CommandRequest {
  /** Name or alias, as it was typed. */
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: Door;
  /** At most 200 characters. */
  readonly reason: string | null;
  readonly requestId: string;
  /** Unique per wish, with the actor in it; only a `read` may go without. */
  readonly idempotencyKey: string | null;
  /** Card that it was started from. */
  readonly incidentId: string | null;
  /** Past the graceful order over the bus, and past a brake if a second person agrees; needs a reason. */
  readonly force?: boolean;
}

/** What the command path works with. */
export interface Engine {
  readonly commands: readonly CommandDefinition[];
  readonly ports: Ports;
  readonly store: CommandStore;
  /** How often a person may; no limit if left out. */
  readonly limits?: CommandLimits;
  /** What may be restarted and stopped before a brake closes; no brake if left out. */
  readonly brakes?: BrakeLimits;
  /** Told when a refusal could not be audited; the refusal stands. */
  readonly onProblem?: (problem: string, cause: unknown) => void;
}

/** What became of it: an answer at once, or an accepted operation. */
export type CommandAnswer =
  | { readonly kind: "read"; readonly report: Report; readonly data: unknown }
  | { readonly kind: "act"; readonly operation: Operation; readonly repeated: boolean }
  /** Nothing is done yet: it waits for a second person. */
  | { readonly kind: "request"; readonly request: ApprovalRequest; readonly repeated: boolean };

const MOST_REASON_CHARACTERS = 200;

/**
 * The one path of every command, behind every door: authorise → audit → accept or answer. No audit row: nothing runs.
 * @throws Failure "unknown_command", "invalid_input", "forbidden", "conflict", "too_many_requests", "unavailable", and what the command itself throws
 */
export async function runCommand(request: CommandRequest, engine: Engine): Promise<CommandAnswer> {
  const command = findCommand(request, engine);
  // Before anything is written: refusals are audited, so they have a limit too.
  await engine.limits?.admit(request, command);
  // The role comes first: who may not run a command learns nothing about its input or its agents.
  await permit(request, engine, { command, scope: null });
  const input = parseInput(command, request.input);
  const context: ReadContext = {
    ports: engine.ports,
    actor: request.actor,
    door: request.door,
    commands: engine.commands,
  };
  if (command.kind === "act") return accept(withReason(request, command, input), engine, { command, input, context });
  const { data, ...report } = await command.run(input, context);
  return { kind: "read", report, data };
}

/** @throws Failure "unknown_command" with the nearest names that the actor may use in `detail.allowed` */
function findCommand({ command: asked, actor }: CommandRequest, { commands, ports }: Engine): CommandDefinition {
  const open = (command: CommandDefinition): boolean => mayAsk({ actor, command, ...rightsOf(ports) });
  return commandNamed(asked, commands) ?? refuseUnknownCommand(asked, commands.filter(open));
}

interface Act {
  readonly command: ActCommand;
  readonly input: Record<string, unknown>;
  readonly context: ReadContext;
}

/** Commands whose own words say why need no second reason. */
const withReason = (request: CommandRequest, command: ActCommand, input: Record<string, unknown>): CommandRequest => ({
  ...request,
  reason: request.reason ?? command.reason?.(input) ?? null,
});

async function accept(request: CommandRequest, engine: Engine, act: Act): Promise<CommandAnswer> {
  const idempotencyKey = checkWish(request, act.command);
  const earlier = await findEarlier(idempotencyKey, engine);
  if (earlier !== null) return earlier;
  const aimed = await takeAim(request, engine, act);
  const wish = { request, ...act, ...aimed, idempotencyKey };
  if (!aimed.decision.needsSecondPerson) return await store(wish, engine);
  const policyVersion = engine.ports.rules.current().version;
  return { kind: "request", ...(await askSecondPerson({ ...wish, policyVersion }, engine.ports.requests)) };
}

/** A repeat is answered with the first operation, or the first request, whatever has become of the agents since. */
async function findEarlier(idempotencyKey: string, { store, ports }: Engine): Promise<CommandAnswer | null> {
  const operation = await store.find(idempotencyKey);
  if (operation !== null) return { kind: "act", operation, repeated: true };
  const request = await ports.requests.findByKey(idempotencyKey);
  return request === null ? null : { kind: "request", request, repeated: true };
}

/** What a wish is about, and what the policy says to it. */
interface Aimed {
  /** What is worked on: ids of agents, or the subjects of a command that is about none. */
  readonly targets: readonly string[];
  readonly incidentId: string | null;
  readonly decision: Decision;
  readonly budget: BudgetQuestion | undefined;
}

async function takeAim(request: CommandRequest, engine: Engine, act: Act): Promise<Aimed> {
  const { command, input, context } = act;
  const targets = await aim(request, engine, act);
  const agents = targets.map((target) => target.id);
  const { scope, budget } = await weigh(request, engine, { act, targets });
  const decision = await permit(request, engine, { command, scope });
  await engine.limits?.admitBulk(request, agents.length);
  const worked = command.subjects?.(input, context) ?? agents;
  return { targets: worked, incidentId: command.incidentId?.(input) ?? request.incidentId, decision, budget };
}

type AimedWish = Aimed &
  Pick<Act, "command" | "input"> & { readonly request: CommandRequest; readonly idempotencyKey: string };

/** Takes it in for good. @throws Failure "conflict" if an agent is taken, "too_many_requests" by a brake, both audited; "unavailable" */
async function store(wish: AimedWish, engine: Engine): Promise<CommandAnswer> {
  const { request, command, input, targets, incidentId, decision, idempotencyKey, budget } = wish;
  const { actor, door, reason, requestId } = request;
  const forced = request.force === true && { force: true };
  const facts = { ...forced, input, role: actor.role, source: actor.source, incident: incidentId, idempotencyKey };
  const audit = { ...auditOf(request, { command, decision, targets }), event: "intent" as const, detail: facts };
  const stages = command.stages.map((stage) => stage.name);
  const asked = { command: command.name, input, actor, door, reason, requestId, idempotencyKey, incidentId, ...forced };
  try {
    const accepted = await engine.store.accept({ ...asked, ...originNow(), agents: targets, stages, budget, audit });
    return { kind: "act", ...accepted };
  } catch (error) {
    if (isFailure(error) && (error.code === "conflict" || error.code === "too_many_requests")) {
      const rule = error.detail.rule ?? "one-per-agent";
      const refused = { ...audit, event: "decision" as const, decision: "refused" as const, rule };
      await auditRefusal(engine, { ...refused, detail: { ...facts, running: error.detail.found ?? null } });
    }
    throw error;
  }
}

/** How many agents it touches and who has to agree: for their number, for the command itself, or because a brake is passed. */
async function weigh(
  request: CommandRequest,
  engine: Engine,
  { act: { command, context }, targets }: { act: Act; targets: readonly ExpectedAgent[] },
) {
  const fleetSize = (await engine.ports.registry.expected()).agents.length;
  const secondPerson = (await command.needsSecondPerson?.(targets, context)) ?? null;
  const decideOn = (scope: NonNullable<PolicyQuestion["scope"]>): Decision =>
    decide({ actor: request.actor, command, ...rightsOf(engine.ports), scope });
  const scope = { targets, fleetSize, secondPerson };
  const alone = decideOn(scope);
  const agents = targets.map(({ id }) => id);
  const budget = budgetQuestion({ request, command, agents, fleetSize, isAlone: !alone.needsSecondPerson }, engine);
  const brake = alone.allowed || alone.needsSecondPerson ? await passBrake(request, engine, { command, budget }) : null;
  const weighed = brake === null ? scope : { ...scope, secondPerson: brake.why };
  // Before the source of the rights is asked: a door that asks for the reason has three seconds to do so.
  const decision = decideOn(weighed);
  if (decision.needsSecondPerson) reasonOf(request, decision);
  return { scope: weighed, budget };
}

/** A brake that refuses is a decision, so it is written down. */
async function passBrake(
  request: CommandRequest,
  engine: Engine,
  { command, budget }: { command: ActCommand; budget: BudgetQuestion | undefined },
): Promise<Brake | null> {
  try {
    return await findBrake(request, budget, engine);
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

function originNow(): { origin?: OperationOrigin } {
  const { traceparent, correlationId = null, customerId = null } = requestContext();
  return traceparent === undefined ? {} : { origin: { traceparent, correlationId, customerId } };
}

function checkWish({ idempotencyKey, reason, force = false }: CommandRequest, command: ActCommand): string {
  if (idempotencyKey === null)
    throw new Failure("invalid_input", `${command.name} changes something, so it needs an idempotency key`, {
      next: "Nothing was done.",
    });
  if (reason !== null && reason.length > MOST_REASON_CHARACTERS)
    throw new Failure("invalid_input", "the reason is too long", {
      found: `${reason.length} characters`,
      allowed: [`at most ${MOST_REASON_CHARACTERS}`],
      next: "Nothing was done.",
    });
  if (force) needReason(reason, "--force skips the graceful order, so it needs a reason");
  return idempotencyKey;
}

/** @returns what is allowed, or needs a second person @throws Failure "forbidden"; the refusal is audited */
async function permit(
  request: CommandRequest,
  engine: Engine,
  { command, scope }: { command: CommandDefinition } & Pick<PolicyQuestion, "scope">,
): Promise<Decision> {
  const decision = await decideLive({ actor: request.actor, command, ...rightsOf(engine.ports), scope }, engine.ports);
  if (decision.allowed || decision.needsSecondPerson) return decision;
  // Not a refusal: PostgreSQL has not said yet who is blocked, and without it nothing could be accepted either.
  if (decision.rule === "rules-unknown") {
    throw new Failure("unavailable", "PostgreSQL has not said yet who may not act here", { next: "Repeat it." });
  }
  const targets = scope?.targets.map(({ id }) => id) ?? [];
  await auditRefusal(engine, auditOf(request, { command, decision, targets }));
  const who = decision.whoCan.length === 0 ? null : `Can do it now: ${decision.whoCan.join(", ")}.`;
  throw new Failure("forbidden", decision.why, {
    rule: decision.rule,
    allowed: decision.whoCan,
    next: [decision.instead, who, "Nothing was done."].filter((part) => part !== null).join(" "),
  });
}

const auditOf = (
  request: CommandRequest,
  { command, decision, targets }: { command: CommandDefinition; decision: Decision; targets: readonly string[] },
): Omit<AuditEntry, "operationId"> => ({
  event: "decision",
  actor: request.actor.id,
  door: request.door,
  command: command.name,
  targets,
  decision: decision.allowed ? "allowed" : "refused",
  rule: decision.rule,
  reason: request.reason,
  requestId: request.requestId,
  detail: { role: request.actor.role, source: request.actor.source, why: decision.why },
});

/** A refusal stands even if it cannot be written down: refusing is always safe. */
async function auditRefusal(engine: Engine, entry: Omit<AuditEntry, "operationId">): Promise<void> {
  try {
    await engine.ports.audit.append({ ...entry, operationId: null });
  } catch (error) {
    engine.onProblem?.("a refusal could not be audited", error);
  }
}
