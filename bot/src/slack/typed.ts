import { parseCommandWords } from "@rollcall/core/command-words.ts";
import type { Actor } from "@rollcall/core/domain/actor.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { openTo } from "@rollcall/core/open-commands.ts";
import type { SlashCommand } from "@slack/bolt";
import { type Answering, type Asked, answerInTime, createInterim, type Interim, type Told } from "./answer.ts";
import { bareSilence } from "./ask-silence.ts";
import { type Desk, inWords, waitingWords } from "./desk.ts";
import { carryOut } from "./orders.ts";
import { bareMessage } from "./render/asking.ts";
import type { Order, OrderButton } from "./render/buttons.ts";
import { buttonOf } from "./suggestions.ts";
import { completeOrder, type Subject } from "./thread-subject.ts";
import { readTypedText } from "./typed-text.ts";

interface Typed {
  readonly command: SlashCommand;
  readonly ack: (body?: Record<string, unknown>) => Promise<void>;
  readonly requestId: string;
}

/** `/fleet …`: the words are read here, the rest is as for a button. */
export async function runTyped(typed: Typed, desk: Desk): Promise<void> {
  const { command, requestId } = typed;
  const { team_id: team, user_id: user } = command;
  const asked: Asked = {
    ack: async (body) => await typed.ack(body),
    responseUrl: command.response_url || null,
    channel: command.channel_id,
    user,
    from: "command",
    ts: "",
  };
  const idempotencyKey = `slack:${team}:${user}:${command.trigger_id}`;
  const text = readTypedText(command.text ?? "");
  const trigger = command.trigger_id;
  const words = { text, team, user, requestId, idempotencyKey, subject: null, trigger };
  await answerInTime(asked, obey(words, desk), desk.answers);
}

/** Words of a person, wherever they were typed. */
export interface Words {
  readonly text: string;
  /** Workspace of the person. */
  readonly team: string;
  readonly user: string;
  readonly requestId: string;
  readonly idempotencyKey: string;
  /** What the thread is about in which they were typed; null if about nothing. */
  readonly subject: Subject | null;
  /** What Slack opens a window with; null where words were said in a conversation. */
  readonly trigger: string | null;
  /** Others read the answer too; false if left out. */
  readonly isOverheard?: boolean;
}

/** Begins what the words ask for. */
export function obey(words: Words, desk: Desk): Answering {
  const { text, requestId } = words;
  const reading = read(words, desk);
  const attempt = {
    what: text || "status",
    requestId,
    order: reading.order,
    suggest: (error: unknown) => suggestCommands(error, text, desk),
  };
  const interim = createInterim();
  const work = inWords(carryOutTyped(words, { ...reading, interim }, desk), attempt, desk);
  return { work, interim, waiting: bareMessage(waitingWords(reading.order, desk)) };
}

/** What the words were read as, or why they could not be. */
type Reading = { readonly order: Order } | { readonly order: null; readonly error: unknown };

function read({ text, subject }: Words, desk: Desk): Reading {
  const readOrder = (words: string): Order => readOrderOf(words, desk);
  try {
    return { order: subject === null ? readOrder(text) : completeOrder(text, subject, { ...desk, readOrder }) };
  } catch (error) {
    return { order: null, error };
  }
}

async function carryOutTyped(
  words: Words,
  reading: Reading & { readonly interim: Interim },
  desk: Desk,
): Promise<Told> {
  const { requestId, idempotencyKey, trigger, isOverheard = false } = words;
  const identified = await desk.identify(words.team, words.user);
  const { order } = reading;
  if (order === null) throw forReader(words, { error: reading.error, actor: identified.actor }, desk);
  return await carryOut(
    {
      ...{ order, identified, requestId, idempotencyKey, isShownThere: false, isOverheard, trigger },
      tell: reading.interim.tell,
    },
    desk,
  );
}

/** "Nearest" names what the person may ask for, and nothing else. */
function forReader(words: Words, { error, actor }: { error: unknown; actor: Actor }, desk: Desk): unknown {
  if (!isFailure(error) || error.code !== "unknown_command") return error;
  const again = read(words, { ...desk, commands: openTo({ ...desk, actor }) });
  return again.order === null ? again.error : error;
}

/** @throws Failure "unknown_command", "invalid_input" */
function readOrderOf(text: string, { commands }: Desk): Order {
  const bare = bareSilence(text);
  if (bare !== null) return bare;
  const { command, input, flags } = parseCommandWords(text, commands);
  if (flags.help) return { command: "help", input: { text: command.name } };
  const order = { command: command.name, input: input as Order["input"] };
  const force = flags.force && { force: true as const };
  const dryRun = flags.dryRun && { dryRun: true as const };
  return { ...order, ...force, ...dryRun, ...(flags.reason !== null && { reason: flags.reason }) };
}

/** "did you mean" for a command: the same words after the nearest names; a change asks before it happens. */
function suggestCommands(error: unknown, text: string, desk: Desk): OrderButton[] {
  if (!isFailure(error) || error.code !== "unknown_command") return [];
  const [, ...rest] = text.split(" ");
  return (error.detail.allowed ?? []).slice(0, 3).flatMap((name) => {
    try {
      return [buttonOf(readOrderOf([name, ...rest].join(" "), desk), desk)];
    } catch {
      // The words behind it do not fit that command, so it was not meant.
      return [];
    }
  });
}
