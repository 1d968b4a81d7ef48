import type { Desk } from "./desk.ts";
import { orderOf } from "./render/reason-view.ts";
import { silenceIn, whyRefused } from "./render/silence-view.ts";
import { answerInWindow, type Submitted } from "./submit-reason.ts";

/** How long and why were filled in: the order goes the way of every other, and its answer stands in the window. */
export async function submitSilence({ team, user, view, requestId, ack }: Submitted, desk: Desk): Promise<void> {
  const order = orderOf(view.private_metadata);
  const filled = silenceIn(view.state.values);
  const errors = (why: string) => ack({ response_action: "errors", errors: whyRefused(why) });
  if (order?.command !== "silence") return await errors("This window is not one of mine. Nothing was done.");
  if (filled.text.length < 3) return await errors("Say why: it stands on the card.");
  const wanted = { ...order, input: { ...order.input, ...filled } };
  await answerInWindow(wanted, { team, user, view, requestId, ack }, { desk, title: "Silence" });
}
