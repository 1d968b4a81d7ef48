import { wordsToType } from "@rollcall/core/domain/plan.ts";
import { inTime, type Told } from "./answer.ts";
import { type Desk, inWords } from "./desk.ts";
import { carryOut } from "./orders.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { filledIn, typedRefused } from "./render/plan.ts";
import { answerView, orderOf } from "./render/reason-view.ts";
import { planBehind, strangeWindow, windowOf } from "./show-plan.ts";
import type { Submitted } from "./submit-reason.ts";

/** A plan was confirmed, or the new one is to be seen: what comes of it stands in the window. */
export async function submitPlan({ team, user, view, requestId, ack }: Submitted, desk: Desk): Promise<void> {
  const carried = orderOf(view.private_metadata);
  const { reason, typed } = filledIn(view.state.values);
  const order: Order | null = carried === null || reason === null ? carried : { ...carried, reason };
  const wanted = await typedWords(order, desk);
  if (wanted !== null && order?.see !== true && typed !== wanted)
    return await ack({ response_action: "errors", errors: typedRefused(wanted) });
  const work = inWords(
    order === null ? Promise.reject(strangeWindow()) : obey(order, { team, user, view, requestId }, desk),
    { what: order?.command ?? "a window", requestId, order },
    desk,
  );
  const first = await inTime(work);
  if (first !== "late") return await ack({ response_action: "update", view: windowOf(first) });
  await ack({ response_action: "update", view: answerView(bareMessage("⏳ Saving… Nothing has happened yet.")) });
  const outcome = await desk.answers.chat.updateWindow(view.id, windowOf(await work));
  if (outcome.kind !== "done") desk.log.warn({ outcome: outcome.kind }, "an answer did not reach its window");
}

/** What has to be typed there; null: nothing, or the command path will say what is wrong with the window. */
async function typedWords(order: Order | null, desk: Desk): Promise<string | null> {
  if (order?.confirm === undefined) return null;
  try {
    return wordsToType((await planBehind(order, desk)).plan);
  } catch {
    return null;
  }
}

async function obey(
  order: Order,
  { team, user, view, requestId }: Pick<Submitted, "team" | "user" | "view" | "requestId">,
  desk: Desk,
): Promise<Told> {
  const identified = await desk.identify(team, user);
  // A window may show one plan after another, so the plan belongs to the key; sent again, it is the same wish.
  const idempotencyKey = `slack:${team}:${user}:${view.id}:${(order.confirm ?? "").slice(-12)}`;
  return await carryOut({ order, identified, requestId, idempotencyKey, isShownThere: false, trigger: null }, desk);
}
