import { inTime, type Told } from "./answer.ts";
import { type Desk, inWords } from "./desk.ts";
import { carryOut } from "./orders.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { answerView, orderOf } from "./render/reason-view.ts";
import { silenceIn, whyRefused } from "./render/silence-view.ts";
import type { Submitted } from "./submit-reason.ts";

/** How long and why were filled in: the order goes the way of every other, and its answer stands in the window. */
export async function submitSilence({ team, user, view, requestId, ack }: Submitted, desk: Desk): Promise<void> {
  const order = orderOf(view.private_metadata);
  const filled = silenceIn(view.state.values);
  const errors = (why: string) => ack({ response_action: "errors", errors: whyRefused(why) });
  if (order?.command !== "silence") return await errors("This window is not one of mine. Nothing was done.");
  if (filled.text.length < 3) return await errors("Say why: it stands on the card.");
  const wanted = { ...order, input: { ...order.input, ...filled } };
  const work = inWords(
    obey(wanted, { team, user, view, requestId }, desk),
    { what: "silence", requestId, order: wanted },
    desk,
  );
  const first = await inTime(work);
  const shown = (told: Told) => told.window ?? answerView(told.message, "Silence");
  if (first !== "late") return await ack({ response_action: "update", view: shown(first) });
  const saving = answerView(bareMessage("⏳ Saving… Nothing has happened yet."), "Silence");
  await ack({ response_action: "update", view: saving });
  const outcome = await desk.answers.chat.updateWindow(view.id, shown(await work));
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
