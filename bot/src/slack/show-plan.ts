import type { ModalWindow } from "@rollcall/core/adapters/slack/chat.ts";
import type { ActCommand } from "@rollcall/core/command.ts";
import { Failure } from "@rollcall/core/domain/failure.ts";
import type { OfferedPlan } from "@rollcall/core/domain/plan.ts";
import { hashOfToken } from "@rollcall/core/plan-hash.ts";
import { endedPlan, foreignPlan, unknownPlan } from "@rollcall/core/plan-refusals.ts";
import type { PlanAnswer } from "@rollcall/core/run-command.ts";
import type { Told } from "./answer.ts";
import type { Desk } from "./desk.ts";
import type { SlackDoorDeps } from "./door.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { needsWindow, planMessage, planView, type ShownPlan, workingView } from "./render/plan.ts";
import { answerView } from "./render/reason-view.ts";

/** A plan as a message, and as the window that is better wherever one can be opened. */
export function tellPlan(answer: PlanAnswer, { reason, undo }: Pick<ShownPlan, "reason" | "undo">): Told {
  const shown: ShownPlan = { ...answer, reason, undo };
  return { message: planMessage(shown), window: planView(shown), isNeedless: false };
}

/** Whether the order can be seen to need a plan before anybody has looked at the fleet, so that its window opens at once. */
export function isSurelyPlanned(order: Order, command: ActCommand): boolean {
  if (order.confirm !== undefined) return false;
  if (command.danger === 3 || order.dryRun === true) return true;
  const { who } = order.input;
  return Array.isArray(who) && (who.length > 1 || who.some((word) => /^(all|.*[@*=,!].*)$/i.test(String(word))));
}

/**
 * Does the work while a window says so, and shows in it what came of it.
 * @throws what the work throws; the window says it, too
 */
export async function inWindow(
  trigger: string,
  work: () => Promise<Told>,
  { desk, refused }: { desk: Pick<Desk, "answers">; refused: (error: unknown) => Told },
): Promise<Told> {
  const { chat } = desk.answers;
  const opened = await chat.openWindow(trigger, workingView());
  if (opened.kind !== "done") return await work();
  try {
    const told = await work();
    const updated = await chat.updateWindow(opened.ts, told.window ?? answerView(told.message));
    return updated.kind === "done" && told.window !== undefined ? SHOWN : told;
  } catch (error) {
    await chat.updateWindow(opened.ts, answerView(refused(error).message));
    throw error;
  }
}

/** Opens the window of what was told, where it has one. @param trigger Slack's, three seconds long; null: there is none */
export async function openShown(told: Told, trigger: string | null, desk: Pick<Desk, "answers">): Promise<Told> {
  if (told.window === undefined || trigger === null) return told;
  const opened = await desk.answers.chat.openWindow(trigger, told.window);
  if (opened.kind === "done") return SHOWN;
  desk.answers.log.warn({ outcome: opened.kind }, "the window of a plan could not be opened");
  return told;
}

const SHOWN: Told = {
  message: bareMessage("The window shows the plan. Nothing has happened yet."),
  isNeedless: true,
};

/**
 * The plan that a button confirms, if it has to be seen first: it was asked to be, or something has to be filled in.
 * @returns null if the press is enough
 * @throws Failure as the command path refuses a token
 */
export async function planToSee(
  order: Order,
  { actor, trigger }: { actor: { readonly id: string }; trigger: string | null },
  { ports }: Pick<SlackDoorDeps, "ports">,
): Promise<Told | null> {
  if (order.confirm === undefined) return null;
  const offered = await ports.plans.find(hashOfToken(order.confirm));
  if (offered === null) throw unknownPlan();
  if (offered.actor.id !== actor.id) throw foreignPlan();
  const ended = endedPlan(offered, offered.expiresAt <= ports.clock.now());
  if (ended !== null) throw ended;
  const { plan, expiresAt } = offered;
  const reason = order.reason ?? offered.reason;
  const isFilledIn = trigger === null || !needsWindow({ plan, reason });
  if (order.see !== true && isFilledIn) return null;
  const confirm = { token: order.confirm, expiresAt };
  return tellPlan({ kind: "plan", plan, confirm, changed: null }, { reason, undo: order.undo });
}

/** The plan behind a submitted window. @throws Failure "not_found" */
export async function planBehind(order: Order, { ports }: Pick<SlackDoorDeps, "ports">): Promise<OfferedPlan> {
  const offered = order.confirm === undefined ? null : await ports.plans.find(hashOfToken(order.confirm));
  if (offered === null) throw unknownPlan();
  return offered;
}

/** What stands in a window, whatever was told. */
export const windowOf = (told: Told, title?: string): ModalWindow => told.window ?? answerView(told.message, title);

/** Not one of ours, or of a version that wrote other metadata. */
export const strangeWindow = (): Failure =>
  new Failure("invalid_input", "This window is not one of mine. Nothing was done.");
