import { withinTime } from "../schedule/within-time.ts";
import { answerThere } from "./answer.ts";
import type { Desk } from "./desk.ts";
import { findSubject, type Subject } from "./thread-subject.ts";
import { obey } from "./typed.ts";
import { readTypedText } from "./typed-text.ts";

/** Something said to the bot: a mention of it, or a direct message. Slack's field names. */
export interface Said {
  readonly type: string;
  readonly channel: string;
  readonly ts: string;
  readonly user?: string;
  readonly text?: string;
  readonly thread_ts?: string;
  readonly channel_type?: string;
  readonly subtype?: string | undefined;
  readonly bot_id?: string;
  readonly edited?: unknown;
  /** Workspace of the person; in a channel shared with others not always ours. */
  readonly team?: string;
  readonly user_team?: string;
}

interface Heard {
  readonly said: Said;
  /** Our workspace, as the event names it. */
  readonly team: string;
  /** The same for each delivery of one event. */
  readonly eventId: string;
  readonly requestId: string;
}

/** Events that are remembered; Slack repeats one for 5 minutes, and sends at most 30,000 an hour. */
const REMEMBERED = 2500;
/** A person waits for the answer. */
const SUBJECT_MS = 1000;

/** @returns whether an id is new; the oldest are forgotten */
export function createSeen(most = REMEMBERED): (id: string) => boolean {
  const seen = new Set<string>();
  return (id) => {
    if (seen.has(id)) return false;
    seen.add(id);
    const [oldest] = seen;
    if (seen.size > most && oldest !== undefined) seen.delete(oldest);
    return true;
  };
}

/** Whether a person has said it to the bot, now: no bot's words, no edits, no joins, nothing between others. */
export function isToUs(said: Said, botUser: string): boolean {
  if (said.bot_id !== undefined || said.subtype !== undefined || said.edited !== undefined) return false;
  if (said.user === undefined || said.user === botUser) return false;
  return said.type === "app_mention" || said.channel_type === "im";
}

/**
 * The same words as after `/fleet`, answered in a thread or in the direct message.
 * What changes something runs once for one event, across deliveries and restarts: its id is the idempotency key.
 */
export async function hear({ said, team, eventId, requestId }: Heard, desk: Desk): Promise<void> {
  const isDirect = said.type !== "app_mention";
  const thread = said.thread_ts ?? (isDirect ? null : said.ts);
  const at = { channel: said.channel, thread };
  const text = readTypedText(wordsOf(said.text ?? "", isDirect, desk.settings.botUserId));
  const words = {
    text,
    team: said.user_team ?? said.team ?? team,
    user: said.user ?? "",
    requestId,
    idempotencyKey: `slack:${team}:${eventId}`,
    trigger: null,
  };
  const subject = await subjectOf({ channel: said.channel, thread: said.thread_ts ?? null }, desk);
  await answerThere(at, obey({ ...words, subject, isOverheard: !isDirect }, desk), desk.answers);
}

/** Words after the mention; those before it are talk between people. */
function wordsOf(text: string, isDirect: boolean, botUser: string): string {
  const mention = new RegExp(`<@${botUser}(?:\\|[^<>]*)?>`);
  const [, ...behind] = text.split(mention);
  return isDirect && behind.length === 0 ? text : behind.join(" ");
}

/** Without the store nobody knows what the card is about: then WHO must be said, as anywhere else. */
async function subjectOf(at: { channel: string; thread: string | null }, desk: Desk): Promise<Subject | null> {
  try {
    return await withinTime(findSubject(at, desk), SUBJECT_MS);
  } catch (error) {
    desk.log.warn({ err: error }, "what a thread is about is not known");
    return null;
  }
}
