import type { ModalWindow } from "@rollcall/core/adapters/slack/chat.ts";
import { inTime, type Told } from "./answer.ts";
import { type Desk, inWords } from "./desk.ts";
import { carryOut } from "./orders.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { answerView, orderOf, reasonIn, reasonRefused } from "./render/reason-view.ts";
import { windowOf } from "./show-plan.ts";

/** Slack's answer to a submitted window. */
export type WindowAnswer =
  | { readonly response_action: "update"; readonly view: ModalWindow }
  | { readonly response_action: "errors"; readonly errors: Record<string, string> };

export interface Submitted {
  readonly team: string;
  readonly user: string;
  readonly view: {
    readonly id: string;
    readonly private_metadata: string;
    readonly state: { readonly values: unknown };
  };
  readonly requestId: string;
  readonly ack: (answer: WindowAnswer) => Promise<void>;
}

/** The reason was given: the order goes the way of every other, and its answer stands in the window. */
export async function submitReason({ team, user, view, requestId, ack }: Submitted, desk: Desk): Promise<void> {
  const order = orderOf(view.private_metadata);
  const reason = reasonIn(view.state.values);
  if (order === null) return await ack(refused("This window is not one of mine. Nothing was done."));
  if (reason === "") return await ack(refused("Say why: the second person has nothing else to go by."));
  // Not as one that was agreed to: what by now needs no second person is not done by a window that asks for one.
  const { asked: _asked, ...wanted } = order;
  const asking = { ...wanted, reason };
  await answerInWindow(asking, { team, user, view, requestId, ack }, { desk });
}

/** Carries the order out and says in the window what came of it. */
export async function answerInWindow(
  order: Order,
  { ack, ...submitted }: Submitted,
  { desk, title }: { readonly desk: Desk; readonly title?: string },
): Promise<void> {
  const { requestId, view } = submitted;
  const work = inWords(obey(order, submitted, desk), { what: order.command, requestId, order }, desk);
  const first = await inTime(work);
  if (first !== "late") return await ack({ response_action: "update", view: windowOf(first, title) });
  const waiting = answerView(bareMessage("⏳ Saving… Nothing has happened yet."), title);
  await ack({ response_action: "update", view: waiting });
  const outcome = await desk.answers.chat.updateWindow(view.id, windowOf(await work, title));
  if (outcome.kind !== "done") desk.log.warn({ outcome: outcome.kind }, "an answer did not reach its window");
}

async function obey(
  order: Order,
  { team, user, view, requestId }: Pick<Submitted, "team" | "user" | "view" | "requestId">,
  desk: Desk,
): Promise<Told> {
  const identified = await desk.identify(team, user);
  // A window is submitted once; sent again, it is the same wish.
  const idempotencyKey = `slack:${team}:${user}:${view.id}`;
  return await carryOut({ order, identified, requestId, idempotencyKey, isShownThere: false, trigger: null }, desk);
}

export const refused = (why: string): WindowAnswer => ({ response_action: "errors", errors: reasonRefused(why) });
