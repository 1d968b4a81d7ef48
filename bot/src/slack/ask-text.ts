import { mayAsk, rightsOf } from "@rollcall/core/policy.ts";
import type { Told } from "./answer.ts";
import type { Desk } from "./desk.ts";
import { findCommand } from "./find-command.ts";
import type { Identified } from "./identity.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { textView } from "./render/text-view.ts";

interface Asking {
  readonly order: Order;
  readonly identified: Pick<Identified, "actor">;
  /** What Slack lets us open a window with, for three seconds; null: nothing. */
  readonly trigger: string | null;
}

/**
 * Asks for the words that a button cannot carry, in a window.
 * @returns null if the order lacks none, or the command path is to say what is wrong with it: no right, no window
 */
export async function askText(
  { order, identified, trigger }: Asking,
  { answers, commands, ports }: Pick<Desk, "answers" | "commands" | "ports">,
): Promise<Told | null> {
  const view = trigger === null ? null : textView(order);
  const command = findCommand(commands, order.command);
  if (trigger === null || view === null || command === undefined) return null;
  if (!mayAsk({ actor: identified.actor, command, ...rightsOf(ports) })) return null;
  const opened = await answers.chat.openWindow(trigger, view);
  if (opened.kind === "done")
    return { message: bareMessage("The window asks for the words. Nothing has happened yet."), isNeedless: true };
  answers.log.warn({ outcome: opened.kind }, "a window could not be opened");
  return null;
}
