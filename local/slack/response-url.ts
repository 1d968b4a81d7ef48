import { validateMessage } from "./block-kit.ts";
import type { Parts } from "./call.ts";
import type { ResponseTarget } from "./lifetimes.ts";
import { BOT, isRecord, type Json, type Message } from "./records.ts";

/**
 * Shows what an app answers at a response URL.
 * @returns Slack's name of the fault, or null
 */
export function respond(answer: Json, target: ResponseTarget, { workspace }: Pick<Parts, "workspace">): string | null {
  const original = findOriginal(target, workspace);
  if (answer.delete_original === true) {
    if (original === undefined) return "message_not_found";
    workspace.remove(original);
    return null;
  }
  const fault = findFault(answer);
  if (fault !== null) return fault;
  const blocks = Array.isArray(answer.blocks) ? answer.blocks.filter(isRecord) : [];
  const text = String(answer.text);
  if (answer.replace_original === true && original !== undefined) {
    workspace.edit(original, { text, blocks, by: BOT.user });
    return null;
  }
  const isPublic = answer.response_type === "in_channel";
  const message = workspace.post({
    channel: target.channel,
    user: BOT.user,
    text,
    blocks,
    thread_ts: typeof answer.thread_ts === "string" ? answer.thread_ts : target.thread_ts,
    visible_to: isPublic ? null : target.user,
  });
  // Later answers of a slash command may replace its first one; those of a click stay with the message that was clicked.
  target.message ??= { ts: message.ts, ephemeral: !isPublic };
  return null;
}

function findFault({ text, blocks }: Json): string | null {
  if (typeof text !== "string" || text === "") return "no_text";
  return validateMessage({ text, blocks }).length > 0 ? "invalid_blocks" : null;
}

function findOriginal({ channel, message }: ResponseTarget, workspace: Parts["workspace"]): Message | undefined {
  if (message === null) return undefined;
  return message.ephemeral ? workspace.findEphemeral(channel, message.ts) : workspace.find(channel, message.ts);
}
