import { Failure } from "@rollcall/core/domain/failure.ts";
import type { BlockAction, BlockElementAction } from "@slack/bolt";
import { type Asked, answerInTime, createInterim, type Interim, isOfAnswer, type Told } from "./answer.ts";
import { type Desk, inWords, waitingWords } from "./desk.ts";
import { carryOut, orderWords } from "./orders.ts";
import { bareMessage } from "./render/asking.ts";
import { DISMISS_ACTION, type Order, readOrder } from "./render/buttons.ts";
import { isSettling } from "./settled.ts";

interface Press {
  readonly body: BlockAction;
  readonly pressed: BlockElementAction;
  readonly ack: () => Promise<void>;
  readonly requestId: string;
}

/** The world has moved on since a question that is older. */
const QUESTION_MS = 10 * 60_000;

/** A pressed button: who presses is asked anew, and what the button means is decided here, not by what it carries. */
export async function pressButton(press: Press, desk: Desk): Promise<void> {
  const asked = askedBy(press);
  if (press.pressed.action_id === DISMISS_ACTION) {
    const work = Promise.resolve({ message: bareMessage("Not now. Nothing was done."), isNeedless: false });
    await answerInTime(asked, { work, waiting: bareMessage("…") }, desk.answers);
    return;
  }
  const order = readOrder(carriedBy(press.pressed));
  const what = order === null ? "a button" : orderWords(order);
  const interim = createInterim();
  const work = carryOutPress(press, order, { desk, asked, interim });
  const told = inWords(work, { what, requestId: press.requestId, order }, desk);
  await answerInTime(asked, { work: told, interim, waiting: bareMessage(waitingWords(order, desk)) }, desk.answers);
}

async function carryOutPress(
  { body, requestId }: Press,
  order: Order | null,
  { desk, asked, interim: { tell } }: { desk: Desk; asked: Asked; interim: Interim },
): Promise<Told> {
  if (order === null) {
    throw new Failure("invalid_input", "This button is not one of mine, or too old. Nothing was done.", {
      next: "Type the command instead: /fleet help",
    });
  }
  refuseOld(order, { asked, now: desk.ports.clock.now() });
  if (isSettling(order)) await refuseForeign(order, asked, desk);
  const team = body.user.team_id ?? body.team?.id ?? "";
  const identified = await desk.identify(team, body.user.id);
  const idempotencyKey = `slack:${team}:${body.user.id}:${body.trigger_id}`;
  const isShownThere = asked.from === "card" && order.incident !== undefined;
  const trigger = body.trigger_id;
  return await carryOut({ order, identified, requestId, idempotencyKey, isShownThere, trigger, tell }, desk);
}

/** A question that all see stays in its thread; a plan is as old as its message. */
function refuseOld({ asked: isConfirmed }: Order, { asked, now }: { asked: Asked; now: number }): void {
  if (asked.from !== "answer" || isConfirmed !== true || now - Number(asked.ts) * 1000 <= QUESTION_MS) return;
  throw new Failure("expired", `This was asked more than ${QUESTION_MS / 60_000} minutes ago. Nothing was done.`, {
    next: "Say it again.",
  });
}

/** A message offers to decide about the request that it shows, and about no other. */
async function refuseForeign({ input }: Order, { from, channel, ts }: Asked, { publications }: Desk): Promise<void> {
  if (from !== "card") return;
  const key = await publications.keyAt({ channel, ts });
  if (key !== null && key.split(":")[0] === input.request) return;
  throw new Failure("invalid_input", "This message is not about that request. Nothing was done.", {
    found: String(input.request),
    next: "Type it instead: /fleet requests",
  });
}

function askedBy({ body, pressed, ack }: Press): Asked {
  const isWhisper = body.container.is_ephemeral === true;
  return {
    ack: async () => await ack(),
    responseUrl: body.response_url || null,
    channel: body.channel?.id ?? String(body.container.channel_id ?? body.user.id),
    user: body.user.id,
    from: isWhisper ? "whisper" : isOfAnswer(pressed.block_id) ? "answer" : "card",
    ts: String(body.container.message_ts ?? ""),
  };
}

function carriedBy(pressed: BlockElementAction): unknown {
  if (pressed.type === "button") return pressed.value;
  return pressed.type === "overflow" || pressed.type === "static_select" ? pressed.selected_option?.value : undefined;
}
