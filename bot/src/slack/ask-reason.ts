import { REASON_NEEDED } from "@rollcall/core/ask-second-person.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import type { Told } from "./answer.ts";
import type { Desk } from "./desk.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { reasonView } from "./render/reason-view.ts";

/**
 * Asks for the reason in a window, where that is all that is missing.
 * @param trigger what Slack lets us open a window with, for three seconds; null: nothing
 * @throws the error itself, which says what to type, where no window can be opened
 */
export async function askReason(
  error: unknown,
  { order, what, trigger }: { order: Order; what: string; trigger: string | null },
  { answers }: Pick<Desk, "answers">,
): Promise<Told> {
  if (!isFailure(error) || error.detail.rule !== REASON_NEEDED || trigger === null) throw error;
  const view = reasonView(order, { what, why: error.message });
  if (view === null) throw error;
  const opened = await answers.chat.openWindow(trigger, view);
  if (opened.kind === "done")
    return { message: bareMessage("✋ The window asks for the reason. Nothing has happened yet."), isNeedless: true };
  answers.log.warn({ outcome: opened.kind }, "a window could not be opened");
  throw error;
}
