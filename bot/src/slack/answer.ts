import { type ChatMessage, type ModalWindow, withoutSecrets } from "@rollcall/core/adapters/slack/chat.ts";
import type { ChatOutcome } from "@rollcall/core/adapters/slack/chat-outcome.ts";
import { type Attachment, type AttachmentDeps, showThere, showToReader, withAttachmentNote } from "./attachment.ts";

/** Where an answer goes that only the person who acted sees; or, to a button of an answer that all see, that answer. */
export interface Asked {
  readonly ack: (body?: Record<string, unknown>) => Promise<void>;
  /** Slack takes five answers within 30 minutes here. */
  readonly responseUrl: string | null;
  readonly channel: string;
  readonly user: string;
  /**
   * `command`: typed. `card`: a button of a message for all. `whisper`: a button of a message for this person only.
   * `answer`: a button of an answer in a thread or a direct message, which is edited.
   */
  readonly from: "command" | "card" | "whisper" | "answer";
  /** The message of the button; empty if there is none. */
  readonly ts: string;
}

/** What there is to say; `isNeedless` where the card shows it anyway, so that it is said only if the person was kept waiting. */
export interface Told {
  readonly message: ChatMessage;
  readonly isNeedless: boolean;
  /** Shown beside it. */
  readonly attachment?: Attachment;
  /** The same as a window, where one can be opened. */
  readonly window?: ModalWindow;
}

export type AnswerDeps = AttachmentDeps;

/** What is done about a wish, and what is said while it takes its time. */
export interface Answering {
  /** Never fails. */
  readonly work: Promise<Told>;
  readonly waiting: ChatMessage;
  /** What is known before the answer is whole, told as it comes; nothing if left out. */
  readonly interim?: Interim;
}

/** The newest of what is said while the work goes on. */
export interface Interim {
  tell(message: ChatMessage): void;
  /** What was told since it was taken last; null: nothing. */
  take(): ChatMessage | null;
}

export function createInterim(): Interim {
  let newest: ChatMessage | null = null;
  return {
    tell: (message) => {
      newest = message;
    },
    take() {
      const taken = newest;
      newest = null;
      return taken;
    },
  };
}

/**
 * Slack waits 3 s for the acknowledgement and a person less. What is not known by then is answered "saving…" and edited.
 * 700 ms leave 100 ms of the promised 800 for a busy event loop.
 */
const IN_TIME_MS = 700;
const RESPONSE_MS = 5000;

/** Acknowledges in time and answers when there is something to say. */
export async function answerInTime(asked: Asked, answering: Answering, deps: AnswerDeps): Promise<void> {
  const { work, waiting, interim } = answering;
  const first = await inTime(work);
  const opening = first === "late" ? (interim?.take() ?? waiting) : spoken(first, asked);
  if (asked.from === "command") await asked.ack({ response_type: "ephemeral", ...withoutSecrets(opening) });
  else {
    await asked.ack();
    if (first === "late" || !first.isNeedless) await send(asked, opening, deps);
  }
  if (first === "late") {
    await whileWaiting(answering, (message) => send(asked, message, deps));
    await send(asked, spoken(await work, asked), deps);
  }
  const { attachment } = await work;
  if (attachment !== undefined) await showToReader(attachment, asked, deps);
}

const spoken = ({ message, attachment }: Told, asked: Asked): ChatMessage =>
  attachment === undefined ? message : withAttachmentNote(message, attachment, asked);

/** Edits at least 2 s apart (ux section 1), and two of the five answers that Slack takes; the last one is the end. */
const INTERIM_EVERY_MS = 2000;
const MOST_INTERIM = 2;

async function whileWaiting(
  { work, interim }: Answering,
  show: (message: ChatMessage) => Promise<void>,
): Promise<void> {
  for (let shown = 0; interim !== undefined && shown < MOST_INTERIM; shown++) {
    if ((await within(work, INTERIM_EVERY_MS)) !== "late") return;
    const message = interim.take();
    if (message !== null) await show(message);
  }
}

/** What is known by the time at which Slack has to be answered. */
export const inTime = (work: Promise<Told>): Promise<Told | "late"> => within(work, IN_TIME_MS);

function within(work: Promise<Told>, ms: number): Promise<Told | "late"> {
  const late = new Promise<"late">((resolve) => {
    const timer = setTimeout(() => resolve("late"), ms);
    void work.finally(() => clearTimeout(timer));
  });
  return Promise.race([work, late]);
}

/** A card is edited from its rows only, so an answer to its button never replaces it. */
async function send(asked: Asked, message: ChatMessage, deps: AnswerDeps): Promise<void> {
  if (asked.from === "answer") {
    const at = { channel: asked.channel, ts: asked.ts, key: ANSWER_KEY };
    tellLost(await deps.chat.edit(at, withAnswerIds(message)), asked.from, deps);
    return;
  }
  const body = { response_type: "ephemeral", replace_original: asked.from !== "card", ...withoutSecrets(message) };
  if (asked.responseUrl !== null && (await respond(asked.responseUrl, body))) return;
  tellLost(await deps.chat.whisper({ channel: asked.channel, user: asked.user }, message), asked.from, deps);
}

function tellLost(outcome: ChatOutcome, from: string, { log }: AnswerDeps): void {
  if (outcome.kind !== "done") log.warn({ outcome: outcome.kind, from }, "an answer did not reach its asker");
}

/** @returns false if the address has expired, was used up, or does not answer */
async function respond(url: string, body: object): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(RESPONSE_MS),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** Where something was said to the bot: a direct message, or a thread. */
export interface SaidAt {
  readonly channel: string;
  readonly thread: string | null;
}

/** Answers are marked as ours; they show no row, so the publisher never looks for them. */
const ANSWER_KEY = "answer";
const ANSWER_BLOCK = "answer.";
/** Slack takes about one message a second in a channel; an answer later than this is no answer. */
const LONGEST_PAUSE_SECONDS = 30;

/** Answers where it was said, in one message that is edited once more is known; what belongs to it stands below it. */
export async function answerThere(at: SaidAt, answering: Answering, deps: AnswerDeps): Promise<void> {
  const answered = await say(at, answering, deps);
  tellLost(answered, "said", deps);
  const { attachment } = await answering.work;
  if (attachment !== undefined && answered.kind === "done") await showThere(attachment, at, deps);
}

async function say(at: SaidAt, answering: Answering, deps: AnswerDeps): Promise<ChatOutcome> {
  const { work, waiting, interim } = answering;
  const first = await inTime(work);
  const posted = await post(at, first === "late" ? (interim?.take() ?? waiting) : first.message, deps);
  if (first !== "late") return posted;
  if (posted.kind === "done")
    await whileWaiting(answering, async (message) => {
      await deps.chat.edit({ ...posted, key: ANSWER_KEY }, withAnswerIds(message));
    });
  const { message } = await work;
  return posted.kind === "done"
    ? await deps.chat.edit({ ...posted, key: ANSWER_KEY }, withAnswerIds(message))
    : await post(at, message, deps);
}

async function post(at: SaidAt, message: ChatMessage, { chat }: AnswerDeps): Promise<ChatOutcome> {
  const place = { ...at, key: ANSWER_KEY };
  const outcome = await chat.post(place, withAnswerIds(message));
  if (outcome.kind !== "later" || outcome.seconds > LONGEST_PAUSE_SECONDS) return outcome;
  await new Promise((resolve) => setTimeout(resolve, outcome.seconds * 1000));
  return await chat.post(place, withAnswerIds(message));
}

/** Whether a button belongs to an answer; a card's button does not. */
export const isOfAnswer = (blockId: string): boolean => blockId.startsWith(ANSWER_BLOCK);

const withAnswerIds = ({ text, blocks }: ChatMessage): ChatMessage => ({
  text,
  blocks: blocks.map((block, place) =>
    block.type === "actions" ? { ...block, block_id: `${ANSWER_BLOCK}${place}` } : block,
  ),
});
