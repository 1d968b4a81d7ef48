import type { ChatMessage } from "@rollcall/core/adapters/slack/chat.ts";
import type { SlashCommand } from "@slack/bolt";
import { type Asked, answerInTime } from "./answer.ts";
import { type Desk, inWords } from "./desk.ts";
import { carryOut } from "./orders.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order } from "./render/buttons.ts";
import { readTypedText } from "./typed-text.ts";

interface Typed {
  readonly command: SlashCommand;
  readonly ack: (body?: Record<string, unknown>) => Promise<void>;
  readonly requestId: string;
}

/** `/fleet …`: the words are read here, the rest is as for a button. */
export async function runTyped(typed: Typed, desk: Desk): Promise<void> {
  const { command, requestId } = typed;
  const text = readTypedText(command.text ?? "");
  const asked: Asked = {
    ack: async (body) => await typed.ack(body),
    responseUrl: command.response_url || null,
    channel: command.channel_id,
    user: command.user_id,
    from: "command",
  };
  const reading: { order: Order | null } = { order: null };
  const work = carryOutTyped(typed, { text, reading }, desk);
  const told = inWords(work, { what: text || "status", requestId, order: () => reading.order }, desk);
  await answerInTime(asked, { work: told, waiting: bareMessage("⏳ Saving… Nothing has happened yet.") }, desk.answers);
}

async function carryOutTyped(
  { command, requestId }: Typed,
  { text, reading }: { text: string; reading: { order: Order | null } },
  desk: Desk,
): Promise<ChatMessage | null> {
  const identified = await desk.identify(command.team_id, command.user_id);
  const order = readWords(text);
  reading.order = order;
  const idempotencyKey = `slack:${command.team_id}:${command.user_id}:${command.trigger_id}`;
  return await carryOut({ order, identified, requestId, idempotencyKey, isShownThere: false }, desk);
}

function readWords(text: string): Order {
  const [command = "status", ...who] = text.split(" ").filter((word) => word !== "");
  return { command, input: who.length > 0 ? { who } : {} };
}
