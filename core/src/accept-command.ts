import { askSecondPerson, needReason } from "./ask-second-person.ts";
import type { ActCommand } from "./command.ts";
import { Failure, isFailure } from "./domain/failure.ts";
import type { OperationOrigin } from "./domain/operation.ts";
import type { Plan } from "./domain/plan.ts";
import { auditOf, auditRefusal } from "./permit.ts";
import type { Confirmation } from "./ports/plans.ts";
import { requestContext } from "./protocol/request-context.ts";
import type { CommandAnswer, CommandRequest, Engine } from "./run-command.ts";
import type { Act, Aimed } from "./take-aim.ts";
import { typedOf } from "./typed-words.ts";

const MOST_REASON_CHARACTERS = 200;

/** A wish about which everything is known. */
export type AimedWish = Aimed &
  Pick<Act, "command" | "input"> & {
    readonly request: CommandRequest;
    readonly idempotencyKey: string;
    /** The plan that was shown and confirmed; left out for what needs none. */
    readonly confirmed?: { readonly plan: Plan; readonly hash: string; readonly confirms: Confirmation };
  };

/** Takes it in for good, or asks a second person. @throws Failure as storing and asking do */
export async function acceptCommand(wish: AimedWish, engine: Engine): Promise<CommandAnswer> {
  if (!wish.decision.needsSecondPerson) return await store(wish, engine);
  const policyVersion = engine.ports.rules.current().version;
  return { kind: "request", ...(await askSecondPerson({ ...wish, policyVersion }, engine.ports.requests)) };
}

/** A repeat is answered with the first operation, or the first request, whatever has become of the agents since. */
export async function findEarlier(idempotencyKey: string, { store, ports }: Engine): Promise<CommandAnswer | null> {
  const operation = await store.find(idempotencyKey);
  if (operation !== null) return { kind: "act", operation, repeated: true };
  const request = await ports.requests.findByKey(idempotencyKey);
  return request === null ? null : { kind: "request", request, repeated: true };
}

/** Takes it in for good. @throws Failure "conflict" if an agent is taken, "too_many_requests" by a brake, both audited; "unavailable" */
async function store(wish: AimedWish, engine: Engine): Promise<CommandAnswer> {
  const { request, command, input, targets, incidentId, decision, idempotencyKey, budget } = wish;
  const { actor, door, reason, requestId } = request;
  const forced = request.force === true && { force: true };
  const facts = { ...forced, input, role: actor.role, source: actor.source, incident: incidentId, idempotencyKey };
  const audit = { ...auditOf(request, { command, decision, targets }), event: "intent" as const, detail: facts };
  const stages = command.stages.map((stage) => stage.name);
  const confirms = wish.confirmed === undefined ? {} : { confirms: wish.confirmed.confirms };
  const asked = { command: command.name, input, actor, door, reason, requestId, idempotencyKey, incidentId };
  try {
    const accepted = await engine.store.accept({
      ...asked,
      ...forced,
      ...confirms,
      ...originNow(),
      ...typedOf(command, { input, force: request.force, reason }),
      agents: targets,
      stages,
      budget,
      audit,
    });
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

/**
 * What every change needs, before anything is looked up.
 * @returns its idempotency key
 * @throws Failure "invalid_input"
 */
export function checkWish({ idempotencyKey, reason, force = false }: CommandRequest, command: ActCommand): string {
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

function originNow(): { origin?: OperationOrigin } {
  const { traceparent, correlationId = null, customerId = null } = requestContext();
  return traceparent === undefined ? {} : { origin: { traceparent, correlationId, customerId } };
}
