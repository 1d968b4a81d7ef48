import { hashOfAgreed } from "./ask-second-person.ts";
import type { ActCommand, CommandDefinition, Ports, ReadContext } from "./command.ts";
import { decideLive } from "./decide-live.ts";
import type { Actor, Door } from "./domain/actor.ts";
import type { ApprovalRequest, RequestState } from "./domain/approval.ts";
import { auditEntry } from "./domain/audit.ts";
import { Failure, isFailure } from "./domain/failure.ts";
import { changesBetween, type Plan } from "./domain/plan.ts";
import { listed } from "./fleet-words.ts";
import { makePlan } from "./make-plan.ts";
import { personActor } from "./person-actor.ts";
import { hashOfPlan } from "./plan-hash.ts";
import { rightsOf } from "./policy.ts";
import type { Acceptance } from "./ports/command-store.ts";
import type { Person } from "./ports/directory.ts";
import type { ExpectedAgent } from "./protocol.ts";
import { typedOf } from "./typed-words.ts";

/** Doors at which a person is present; a token is something that somebody has, so it never agrees (design section 6). */
export const APPROVING_DOORS: readonly Door[] = ["slack", "grafana", "page"];

/** Who wants a request to end, and how. */
export interface Wanted {
  readonly request: ApprovalRequest;
  readonly by: Actor;
  readonly door: Door;
  readonly reason: string | null;
}

interface Settling {
  readonly ports: Ports;
  readonly commands: readonly CommandDefinition[];
}

/**
 * Why this person may not agree to this request, whatever their role: their own, by a token, or it has ended.
 * @param others who may, to be named
 * @throws Failure "forbidden", "conflict", "expired"
 */
export function refuseApprover({ request, by, door }: Wanted, now: number, others: readonly Person[] = []): void {
  refuseEnded(request, now);
  if (!by.person) throw new Failure("forbidden", `${by.id} is no person`, { rule: "not-a-person" });
  if (by.id === request.actor.id) throw ownRequest(request, others);
  if (APPROVING_DOORS.includes(door)) return;
  throw new Failure("forbidden", `a token cannot approve, and this door (${door}) knows you by one`, {
    rule: "token-never-approves",
    allowed: APPROVING_DOORS,
    next: "Approve it in Slack or in Grafana. Nothing was done.",
  });
}

/** To who asked for it, and would agree to it too. @param others people who may */
export function ownRequest({ id }: Pick<ApprovalRequest, "id">, others: readonly Person[]): Failure {
  const names = others.map(({ name }) => name);
  return new Failure("forbidden", `you asked for ${id}, so somebody else approves it`, {
    rule: "own-request",
    allowed: names,
    next: `${names.length === 0 ? "Nobody else can do it now." : `Can do it now: ${listed(names, 3)}.`} Nothing was done.`,
  });
}

/** @throws Failure "conflict" if it has ended, "expired" if its time is over */
export function refuseEnded({ id, state, decidedBy, expiresAt }: ApprovalRequest, now: number): void {
  if (state !== "waiting") {
    const who = decidedBy === null || decidedBy.id === "rollcall" ? "" : ` by ${decidedBy.name}`;
    throw new Failure("conflict", `${id} is ${state} already${who}. Nothing was done.`, { found: state });
  }
  if (expiresAt > now) return;
  throw new Failure("expired", `The ten minutes of ${id} are over. Nothing was done.`, { next: "Ask again." });
}

/** Ends a request without doing what it asks for. @throws Failure as the port does */
export const endRequest = (
  state: Extract<RequestState, "denied" | "withdrawn">,
  wanted: Wanted,
  { requests }: Pick<Ports, "requests">,
): Promise<ApprovalRequest> => {
  const { request, by, door, reason } = wanted;
  return requests.settle({
    id: request.id,
    state,
    hash: request.hash,
    by,
    door,
    reason,
    audit: entryOf(state, wanted),
  });
};

/**
 * Agrees: asks again whether both people may, and whether it is still the same; then accepts the command in the transaction
 * that ends the request. What has changed ends it as `void`.
 * @throws Failure "forbidden", "conflict", "expired", "unavailable"
 */
export async function approveRequest(wanted: Wanted, settling: Settling): Promise<ApprovalRequest> {
  const { request, by, door, reason } = wanted;
  refuseApprover(wanted, settling.ports.clock.now());
  const doubt = await whatChanged(request, settling);
  if (doubt !== null) return voidRequest(wanted, doubt, settling.ports);
  const command = actCommand(request, settling.commands);
  return settling.ports.requests.settle({
    ...{ id: request.id, state: "approved", hash: request.hash, by, door, reason },
    audit: entryOf("approved", wanted),
    acceptance: acceptanceOf(wanted, command as ActCommand),
  });
}

async function voidRequest(wanted: Wanted, doubt: string, { requests }: Pick<Ports, "requests">): Promise<never> {
  const { request, by, door } = wanted;
  const audit = {
    ...entryOf("void", wanted),
    decision: "refused" as const,
    detail: { request: request.id, why: doubt },
  };
  await requests.settle({ id: request.id, state: "void", hash: request.hash, by, door, reason: doubt, audit });
  throw new Failure("conflict", `${request.id} no longer holds: ${doubt}. Nothing was done.`, { next: "Ask again." });
}

const actCommand = ({ command: name }: ApprovalRequest, commands: readonly CommandDefinition[]): ActCommand | null => {
  const command = commands.find((one) => one.name === name);
  return command?.kind === "act" ? command : null;
};

/** What speaks against it by now: the requester's rights, the agents, or the policy. @returns null if nothing does */
async function whatChanged(request: ApprovalRequest, { ports, commands }: Settling): Promise<string | null> {
  const command = actCommand(request, commands);
  if (command === null) return `this version does not know the command ${request.command}`;
  const rights = rightsOf(ports);
  if (rights.rules.version !== request.policyVersion) return "the rules about who may change what have changed";
  const person = ports.directory.byId(request.actor.id);
  if (person === null) return `${request.actor.name} is not in the directory any more`;
  const actor = personActor(person, rights);
  const context = { ports, actor, door: request.door, commands };
  const targets = await targetsNow(request, command, context);
  if (typeof targets === "string") return targets;
  const moved =
    request.plan === undefined ? null : await planDoubt(request, request.plan, { command, targets, context });
  if (moved !== null) return moved;
  const fleet = await ports.registry.expected();
  const scope = { targets, fleetSize: fleet.agents.length, secondPerson: null, isApproved: true };
  const decision = await decideLive({ actor, command, ...rights, scope }, ports);
  if (!decision.allowed) return `${request.actor.name} may not ask for it any more: ${decision.why}`;
  return null;
}

const sameNames = (one: readonly string[], other: readonly string[]): boolean =>
  JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());

/** What both agree to is the plan: its agents must still be the same processes in the same state. */
async function planDoubt(
  request: ApprovalRequest,
  plan: Plan,
  { command, targets, context }: { command: ActCommand; targets: readonly ExpectedAgent[]; context: ReadContext },
): Promise<string | null> {
  const { brakes, force, incidentId, subjects, secondPerson } = plan;
  const none = { allowed: true, needsSecondPerson: false, rule: "", why: "", whoCan: [], instead: null };
  const decision = secondPerson === null ? none : { ...none, ...secondPerson, needsSecondPerson: true };
  const question = { command, input: plan.input, actor: request.actor, force, agents: targets, subjects, decision };
  const remarks = (await command.remarks?.(targets, context)) ?? [];
  const now = await makePlan({ ...question, brakes, incidentId, remarks }, context.ports);
  if (hashOfPlan(now) === request.hash) return null;
  return changesBetween(plan, now).join("; ") || "what it was made from is no longer so";
}

const inputOf = ({ input }: ApprovalRequest): Record<string, unknown> => input as Record<string, unknown>;

async function targetsNow(
  request: ApprovalRequest,
  command: ActCommand,
  context: ReadContext,
): Promise<readonly ExpectedAgent[] | string> {
  try {
    const targets = await command.targets(inputOf(request), context);
    const names = command.subjects?.(inputOf(request), context) ?? targets.map(({ id }) => id);
    const { command: name, input, policyVersion, force } = request;
    const hash = hashOfAgreed({ command: name, input, targets: names, policyVersion, force });
    const isSame = request.plan === undefined ? hash === request.hash : sameNames(names, request.targets);
    return isSame ? targets : `it would now be about ${names.length === 0 ? "nobody" : names.slice(0, 5).join(", ")}`;
  } catch (error) {
    if (!isFailure(error) || error.code === "unavailable" || error.code === "timeout") throw error;
    return error.message;
  }
}

function acceptanceOf({ request, by }: Wanted, command: ActCommand): Acceptance {
  const { input, actor, door, reason, requestId, idempotencyKey, incidentId, targets, rule } = request;
  return {
    ...{ command: command.name, input, actor, door, reason, requestId, idempotencyKey, incidentId, agents: targets },
    stages: command.stages.map(({ name }) => name),
    approval: { requestId: request.id, by: by.id, name: by.name },
    ...(request.force === true && { force: true }),
    ...typedOf(command, request),
    audit: auditEntry({
      ...{ event: "intent", actor: actor.id, door, command: command.name, targets, decision: "allowed", rule, reason },
      requestId,
      detail: { input, request: request.id, approvedBy: by.id, hash: request.hash, incident: incidentId },
    }),
  };
}

const entryOf = (action: Exclude<RequestState, "waiting">, { request, by, door, reason }: Wanted) =>
  auditEntry({
    ...{ event: "approval", action, actor: by.id, door, command: request.command, targets: request.targets, reason },
    ...{ decision: action === "approved" ? ("allowed" as const) : ("refused" as const), rule: request.rule },
    requestId: request.requestId,
    detail: { request: request.id, asked: request.actor.id, hash: request.hash, role: by.role, source: by.source },
  });
