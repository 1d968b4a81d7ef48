import type { Desk } from "./desk.ts";
import { orderOf } from "./render/reason-view.ts";
import { titleOf, withWords } from "./render/text-view.ts";
import { answerInWindow, refused, type Submitted } from "./submit-reason.ts";

/** Words were written: the order goes the way of every other, and its answer stands in the window. */
export async function submitText(submitted: Submitted, desk: Desk): Promise<void> {
  const { view, ack } = submitted;
  const carried = orderOf(view.private_metadata);
  if (carried === null) return await ack(refused("This window is not one of mine. Nothing was done."));
  const { order, missing } = withWords(carried, view.state.values);
  if (missing !== null)
    return await ack({ response_action: "errors", errors: { [missing]: "Nothing is written here yet." } });
  await answerInWindow(order, submitted, { desk, title: titleOf(order) });
}
