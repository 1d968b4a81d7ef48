import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { ApprovalRequest } from "@rollcall/core/domain/approval.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { requestWhat } from "@rollcall/core/request-words.ts";
import { wholeDuration } from "@rollcall/core/whole-duration.ts";
import { section } from "./blocks.ts";
import { buttonRow, dismissButton, type Order } from "./buttons.ts";
import { actionLabel, effectWords, type Intent } from "./confirm-words.ts";
import { actorName } from "./operation.ts";
import { subjectOf, verbOf } from "./operation-words.ts";
import { escapeText, foreign, lockScreen, markup, upperFirst } from "./text.ts";

/** Before a typed change: it names target and effect, and has done nothing yet. */
export function confirmMessage(intent: Intent, order: Order): ChatMessage {
  const label = actionLabel(intent);
  return {
    text: lockScreen(`${label}? Nothing has happened yet.`),
    blocks: [
      section(`*${escapeText(label)}?*\n${markup(effectWords(intent), 1000)} Nothing has happened yet.`),
      ...buttonRow([{ label, order: { ...order, asked: true }, danger: true }, dismissButton("Not now")]),
    ],
  };
}

/** The short word to whoever asked; the operation's own message goes on from there. */
export function acceptedMessage(
  { operation, repeated }: { operation: Operation; repeated: boolean },
  channel: string,
): ChatMessage {
  const { running } = verbOf(operation.command);
  const subject = subjectOf(operation);
  const state = repeated ? "was accepted before" : "accepted";
  return {
    text: lockScreen(`${operation.id} ${state}: ${running} ${subject}`),
    blocks: [section(`⏳ *${operation.id}* ${state}: ${running} ${subject}. See <#${foreign(channel, 30)}>.`)],
  };
}

/** To whoever asked for what one person may not do alone. */
export function askedMessage(request: ApprovalRequest): ChatMessage {
  const what = `${request.id}: ${requestWhat(request)}`;
  return {
    text: lockScreen(`Waits for a second person, ${what}. Nothing has happened yet.`),
    blocks: [
      section(
        `✋ *Waiting for a second person* — ${markup(what, 300)}. ${upperFirst(markup(request.why, 300))}. Nothing has happened yet.`,
      ),
    ],
  };
}

/** Who was first, for the second who presses. */
export function runningWords(operation: Operation, now: number): string {
  const { running } = verbOf(operation.command);
  const ago = wholeDuration((now - operation.createdAt) / 1000);
  return `${running} ${subjectOf(operation)} is already running (${operation.id}), started by ${actorName(operation)} ${ago} ago.`;
}

export const bareMessage = (text: string): ChatMessage => ({
  text: lockScreen(text),
  blocks: [section(markup(text, 1000))],
});
