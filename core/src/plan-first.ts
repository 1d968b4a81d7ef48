import { isDeepStrictEqual } from "node:util";
import { type AimedWish, acceptCommand, checkWish, findEarlier } from "./accept-command.ts";
import type { ActCommand, ReadContext } from "./command.ts";
import { auditEntry } from "./domain/audit.ts";
import { Failure } from "./domain/failure.ts";
import { changesBetween, type OfferedPlan, PLAN_SECONDS, type Plan } from "./domain/plan.ts";
import { makePlan } from "./make-plan.ts";
import { parseInput } from "./parse-input.ts";
import { auditOf, auditRefusal } from "./permit.ts";
import { hashOfPlan, hashOfToken, newPlanToken } from "./plan-hash.ts";
import { endedPlan, foreignPlan, unknownPlan } from "./plan-refusals.ts";
import { changedLine } from "./plan-words.ts";
import type { CommandAnswer, CommandRequest, Engine } from "./run-command.ts";
import { type Act, type Aimed, takeAim } from "./take-aim.ts";

/**
 * Answers a wish with what it would do. Nothing is done, and nothing is offered to be confirmed, where the wish was only to know.
 * @param insteadOf the plan that no longer holds, and what has changed since
 */
export async function answerWithPlan(
  request: CommandRequest,
  engine: Engine,
  { act, aimed, insteadOf = null }: { act: Act; aimed: Aimed; insteadOf?: OfferedPlan | null },
): Promise<CommandAnswer> {
  const plan = await planOf(request, engine, { act, aimed });
  if (request.dryRun === true) return { kind: "plan", plan, confirm: null, changed: null };
  const hash = hashOfPlan(plan);
  const token = newPlanToken();
  const { door, reason, requestId, actor } = request;
  const offered = await engine.ports.plans.offer(
    {
      ...{ plan, hash, tokenHash: hashOfToken(token), door, reason, requestId, expiresInSeconds: PLAN_SECONDS },
      insteadOf: insteadOf?.id ?? null,
    },
    auditEntry({
      ...{ event: "plan", action: insteadOf === null ? "shown" : "changed", actor: actor.id, door, reason, requestId },
      ...{ command: plan.command, targets: plan.subjects, rule: plan.secondPerson?.rule ?? aimed.decision.rule },
      detail: { input: plan.input, hash, ...(insteadOf !== null && { insteadOf: insteadOf.id }) },
    }),
  );
  const changed = insteadOf === null ? null : changedLine(changesBetween(insteadOf.plan, plan));
  return { kind: "plan", plan, confirm: { token, expiresAt: offered.expiresAt }, changed };
}

/**
 * Does what a plan said, if everything is still as it was when it was shown: the fleet is looked at again. What has changed
 * is answered with a new plan, and nothing is done. The token's use, its audit row and the acceptance are one transaction.
 * @throws Failure "not_found" for a token that confirms nothing, "forbidden" for another person's, "conflict" for a used one,
 * "expired"; and what accepting the command throws
 */
export async function confirmPlan(
  request: CommandRequest,
  engine: Engine,
  { command, context, token }: { command: ActCommand; context: ReadContext; token: string },
): Promise<CommandAnswer> {
  const idempotencyKey = checkWish({ ...request, force: false }, command);
  const earlier = await findEarlier(idempotencyKey, engine);
  if (earlier !== null) return earlier;
  const offered = await recallPlan(request, engine, { command, token });
  const { plan } = offered;
  const input = parseInput(command, plan.input);
  const { force, incidentId } = plan;
  const wish = { ...request, input, force, incidentId, reason: request.reason ?? offered.reason };
  const act = { command, input, context };
  const aimed = await takeAim(wish, engine, { act, isConfirmed: true });
  const now = await planOf(wish, engine, { act, aimed });
  if (hashOfPlan(now) !== offered.hash) return await answerWithPlan(wish, engine, { act, aimed, insteadOf: offered });
  const confirms = { plan: offered.id, audit: confirmation(wish, offered) };
  const confirmed: AimedWish["confirmed"] = { plan, hash: offered.hash, confirms };
  return await acceptCommand({ request: wish, command, input, ...aimed, idempotencyKey, confirmed }, engine);
}

async function planOf(
  { force = false, actor }: CommandRequest,
  { ports }: Engine,
  { act: { command, input, context }, aimed }: { act: Act; aimed: Aimed },
): Promise<Plan> {
  const { agents, targets: subjects, decision, brakes, incidentId } = aimed;
  const remarks = (await command.remarks?.(agents, context)) ?? [];
  return await makePlan(
    { command, input, actor, force, agents, subjects, decision, brakes, incidentId, remarks },
    ports,
  );
}

/** @throws Failure as `confirmPlan`; a refusal is audited */
async function recallPlan(
  request: CommandRequest,
  engine: Engine,
  { command, token }: { command: ActCommand; token: string },
): Promise<OfferedPlan> {
  const offered = await engine.ports.plans.find(hashOfToken(token));
  const refused =
    offered === null ? unknownPlan() : whyNot(request, offered, { command, now: engine.ports.clock.now() });
  if (offered !== null && refused === null) return offered;
  const failure = refused ?? unknownPlan();
  const { rule = "plan", allowed = [] } = failure.detail;
  const decision = {
    allowed: false,
    needsSecondPerson: false,
    instead: null,
    rule,
    why: failure.message,
    whoCan: allowed,
  };
  const targets = offered?.plan.subjects ?? [];
  await auditRefusal(engine, auditOf(request, { command, decision, targets }));
  throw failure;
}

function whyNot(
  { actor, input }: CommandRequest,
  offered: OfferedPlan,
  { command, now }: { command: ActCommand; now: number },
): Failure | null {
  if (offered.actor.id !== actor.id) return foreignPlan();
  const { plan } = offered;
  if (plan.command !== command.name) return otherWish(`${plan.command}, not for ${command.name}`);
  const isBare = input === null || typeof input !== "object" || Object.keys(input).length === 0;
  if (!isBare && !isDeepStrictEqual(plainOf(parseInput(command, input)), plainOf(plan.input)))
    return otherWish(`another input of ${plan.command}`);
  return endedPlan(offered, offered.expiresAt <= now);
}

const otherWish = (what: string): Failure =>
  new Failure("invalid_input", `This token is of a plan for ${what}. Nothing was done.`, {
    rule: "plan-of-another-wish",
    next: "Confirm it as it was asked for, or ask for a new plan.",
  });

const plainOf = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

const confirmation = ({ actor, door, reason, requestId }: CommandRequest, { id, plan, hash }: OfferedPlan) =>
  auditEntry({
    ...{ event: "plan", action: "confirmed", actor: actor.id, door, reason, requestId, command: plan.command },
    targets: plan.subjects,
    detail: { plan: id, hash },
  });
