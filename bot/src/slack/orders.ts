import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { ActCommand, CommandDefinition, ReadContext } from "@rollcall/core/command.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { agentsOf } from "@rollcall/core/domain/incident.ts";
import { decide, mayAsk, rightsOf } from "@rollcall/core/policy.ts";
import type { CommandAnswer } from "@rollcall/core/run-command.ts";
import type { Told } from "./answer.ts";
import { askReason } from "./ask-reason.ts";
import { askSilence } from "./ask-silence.ts";
import { askText } from "./ask-text.ts";
import { attachmentOf } from "./attachment.ts";
import type { Desk } from "./desk.ts";
import type { SlackDoorDeps } from "./door.ts";
import { findCommand } from "./find-command.ts";
import type { Identified } from "./identity.ts";
import { gatherAgents } from "./incident-facts.ts";
import { acceptedMessage, askedMessage, confirmMessage, runningWords } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import type { Intent } from "./render/confirm-words.ts";
import { refusalMessage } from "./render/refusal.ts";
import { reportMessage } from "./render/report.ts";
import { awaitSettled, explainOwn, isSettling } from "./settled.ts";
import { inWindow, isSurelyPlanned, openShown, planToSee, tellPlan } from "./show-plan.ts";
import { readUndo } from "./take-back.ts";
import { awaitWritten, isWritten } from "./written.ts";

/** What one person wants at one moment, by a typed command or a button. */
export interface Wish {
  readonly order: Order;
  readonly identified: Identified;
  readonly requestId: string;
  readonly idempotencyKey: string;
  /** Said where others read the answer too. */
  readonly isOverheard?: boolean;
  /** Pressed on a message that shows the operation itself, so that nothing need be said of it. */
  readonly isShownThere: boolean;
  /** What Slack opens a window with, three seconds long; null: words only. */
  readonly trigger: string | null;
  /** Told what is known before the answer is whole. */
  readonly tell?: (message: ChatMessage) => void;
}

/** "restart billing", for the words of a window or a refusal. */
export function orderWords({ command, input }: Order): string {
  const who = Array.isArray(input.who) ? input.who.slice(0, 3).join(" ") : String(input.request ?? "");
  return `${command} ${who}`.trim();
}

/**
 * Carries out a wish on the one command path, or asks first where it may hurt.
 * @returns what its author is told
 * @throws Failure
 */
export async function carryOut(asked: Wish, deps: Desk): Promise<Told> {
  const wish = await readUndo(asked, deps);
  const { order, identified } = wish;
  const command = findCommand(deps.commands, order.command);
  if (command !== undefined) await refuseUnproven(wish, command, deps);
  if (order.incident !== undefined) await refuseStale(order, order.incident, deps);
  const asksMore = await askMore(wish, deps);
  if (asksMore !== null) return asksMore;
  const isAskedFirst = order.asked !== true && order.dryRun !== true && order.confirm === undefined;
  if (command?.kind === "act" && command.danger >= 2 && isAskedFirst) {
    const question = await ask(wish, command, deps);
    if (question !== null) return { message: question, isNeedless: false };
  }
  const seen = await planToSee(order, { actor: identified.actor, trigger: wish.trigger }, deps);
  if (seen !== null) return await openShown(seen, wish.trigger, deps);
  const { trigger } = wish;
  const rights = { actor: identified.actor, ...rightsOf(deps.ports) };
  const isPlanned = command?.kind === "act" && isSurelyPlanned(order, command) && mayAsk({ command, ...rights });
  if (trigger === null || !isPlanned) return await openShown(await obey(wish, deps), trigger, deps);
  const refused = (error: unknown): Told => {
    const message = refusalMessage(error, { what: orderWords(order), ref: wish.requestId, suggestions: [] });
    return { message, isNeedless: false };
  };
  return await inWindow(trigger, () => obey({ ...wish, trigger: null }, deps), { desk: deps, refused });
}

/** Asks in a window for what a button, or words, left out. */
const askMore = async (wish: Wish, deps: Desk): Promise<Told | null> =>
  (await askSilence(wish, deps)) ?? (await askText(wish, deps));

async function obey(wish: Wish, deps: Desk): Promise<Told> {
  const { order, identified } = wish;
  try {
    return await sayResult(await runOrder(wish, deps), wish, deps);
  } catch (error) {
    await explainOwn(error, { order, actor: identified.actor }, deps);
    await explainConflict(error, deps);
    return await askReason(error, { order, what: orderWords(order), trigger: wish.trigger }, deps);
  }
}

const runOrder = ({ order, identified, requestId, idempotencyKey, tell }: Wish, { run }: SlackDoorDeps) =>
  run({
    ...(tell && { tell: (soFar) => tell(reportMessage(soFar)) }),
    command: order.command,
    input: order.input,
    actor: identified.actor,
    door: "slack",
    reason: order.reason ?? null,
    force: order.force === true,
    dryRun: order.dryRun === true,
    confirm: order.confirm ?? null,
    requestId,
    idempotencyKey,
    incidentId: order.incident ?? null,
  });

async function sayResult(result: CommandAnswer, wish: Wish, deps: SlackDoorDeps): Promise<Told> {
  if (result.kind === "read") {
    const attachment = attachmentOf(result.report);
    return { message: reportMessage(result.report), isNeedless: false, ...(attachment && { attachment }) };
  }
  if (result.kind === "plan") return tellPlan(result, { reason: wish.order.reason ?? null, undo: wish.order.undo });
  if (result.kind === "request") return { message: askedMessage(result.request), isNeedless: false };
  if (isSettling(result.operation)) return await awaitSettled(result.operation, deps);
  if (isWritten(result.operation)) return await awaitWritten(result.operation, deps);
  const { alertsChannel, opsChannel } = deps.settings;
  const channel = result.operation.incidentId === null ? opsChannel : alertsChannel;
  return { message: acceptedMessage(result, channel), isNeedless: wish.isShownThere };
}

/** Slack's own word about the person stands before any role; it is the door's rule, so the door audits it. */
async function refuseUnproven(wish: Wish, command: CommandDefinition, deps: SlackDoorDeps): Promise<void> {
  const { objection, confirmed, actor } = wish.identified;
  // help, whoami: for everybody.
  if (command.role === null && command.private !== true) return;
  const failure = overheardFailure(wish, command) ?? unprovenFailure(wish.identified, command);
  if (failure === null) return;
  try {
    await deps.ports.audit.append({
      event: "authentication",
      actor: actor.id,
      door: "slack",
      command: command.name,
      targets: [],
      decision: "refused",
      rule: failure.detail.rule ?? null,
      reason: null,
      operationId: null,
      requestId: wish.requestId,
      detail: { objection, confirmed },
    });
  } catch (cause) {
    deps.log.error({ err: cause, rule: failure.detail.rule }, "refusal could not be audited");
  }
  throw failure;
}

function overheardFailure({ isOverheard }: Wish, command: CommandDefinition): Failure | null {
  if (command.private !== true || isOverheard !== true) return null;
  return new Failure("forbidden", `the answer to ${command.name} is for you alone, and others read this`, {
    rule: "private",
    next: `Type /fleet ${command.name}, or write it to me directly.`,
  });
}

function unprovenFailure({ objection, confirmed, actor }: Identified, command: CommandDefinition): Failure | null {
  if (objection !== null)
    return new Failure("forbidden", `Slack says you are ${objection}; only members of this workspace may do this.`, {
      rule: "slack-identity",
      next: "You may: help, whoami.",
    });
  if (confirmed || (command.kind === "read" && actor.person)) return null;
  return new Failure("unavailable", "Slack does not say who you are, and nothing is done on an unproven name.", {
    rule: "slack-identity",
    next: "Try again in a minute, or use the terminal with your own token.",
  });
}

/** A button lives as long as its message; what it is about is looked up now. */
async function refuseStale(order: Order, id: string, { ports }: SlackDoorDeps): Promise<void> {
  const incident = await ports.incidents.find(id);
  if (incident === null) throw new Failure("not_found", `There is no alert ${id}. Nothing was done.`);
  if (incident.state === "resolved" && order.command !== "ack") {
    throw new Failure("expired", `${id} has ended in the meantime. Nothing was done.`, {
      next: `To do it nevertheless, type the command: /fleet ${order.command}`,
    });
  }
  const asked = Array.isArray(order.input.who) ? order.input.who.map(String) : [];
  const known = new Set(agentsOf(incident));
  const foreign = asked.filter((agent) => !known.has(agent));
  if (foreign.length > 0) {
    throw new Failure("invalid_input", `${id} is not about ${foreign.slice(0, 3).join(", ")}. Nothing was done.`);
  }
}

/** @returns null if the command path should refuse it itself: no right, or an input it does not take */
async function ask(wish: Wish, command: ActCommand, deps: SlackDoorDeps): Promise<ChatMessage | null> {
  const { ports, commands } = deps;
  const { actor } = wish.identified;
  const parsed = command.input.safeParse(wish.order.input);
  const rights = rightsOf(ports);
  if (!parsed.success || !mayAsk({ actor, command, ...rights })) return null;
  const context: ReadContext = { ports, actor, door: "slack", commands };
  const targets = await command.targets(parsed.data, context);
  // More than one, or one that was not named, is shown as a plan.
  if (isSurelyPlanned(wish.order, command) || targets.length > 1) return null;
  const fleet = await ports.registry.expected();
  const scope = {
    targets,
    fleetSize: fleet.agents.length,
    secondPerson: (await command.needsSecondPerson?.(targets, context, parsed.data)) ?? null,
  };
  if (!decide({ actor, command, ...rights, scope }).allowed) return null;
  return confirmMessage(
    await gatherIntent(command, { input: parsed.data, ids: targets.map(({ id }) => id) }, ports),
    wish.order,
  );
}

async function gatherIntent(
  command: ActCommand,
  { input, ids }: { input: Record<string, unknown>; ids: readonly string[] },
  ports: SlackDoorDeps["ports"],
): Promise<Intent> {
  const [only, ...others] = ids;
  const isOneRestart = command.name === "restart" && only !== undefined && others.length === 0;
  const [agents, asOf, history] = await Promise.all([
    gatherAgents(ids.slice(0, 10), ports),
    ports.bus.now().catch(() => ports.clock.now()),
    isOneRestart ? ports.operations.history("restart", only).catch(() => null) : null,
  ]);
  return {
    command: command.name,
    agents,
    count: ids.length,
    history,
    acknowledges: false,
    asOf,
    summary: command.summary,
    ...(typeof input.fault === "string" ? { fault: input.fault } : {}),
  };
}

/** "already running, started by @you 3 s ago" in place of a bare conflict. */
async function explainConflict(error: unknown, { ports }: SlackDoorDeps): Promise<void> {
  if (!isFailure(error) || error.code !== "conflict" || error.detail.found === undefined) return;
  const running = await ports.operations.find(error.detail.found).catch(() => null);
  if (running === null) return;
  throw new Failure("conflict", runningWords(running, ports.clock.now()), { ...error.detail, cause: error });
}
