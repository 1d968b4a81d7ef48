import { renderPng } from "@rollcall/core/adapters/resvg/render-png.ts";
import type { ChatMessage, SlackChat } from "@rollcall/core/adapters/slack/chat.ts";
import type { ChatOutcome } from "@rollcall/core/adapters/slack/chat-outcome.ts";
import type { SharedFile, SlackFiles } from "@rollcall/core/adapters/slack/files.ts";
import { drawChart } from "@rollcall/core/charts/draw-chart.ts";
import { pictureWords, type Report } from "@rollcall/core/domain/report.ts";
import { bareMessage } from "./render/asking.ts";
import { context } from "./render/blocks.ts";
import type { SlackLog } from "./settings.ts";

export interface AttachmentDeps {
  readonly chat: SlackChat;
  readonly files: SlackFiles;
  readonly log: SlackLog;
}

/** What is shown beside an answer. */
export interface Attachment extends Pick<SharedFile, "name" | "title" | "words"> {
  readonly noun: "picture" | "file";
  /** @throws Error if it cannot be made */
  content(): Promise<Buffer>;
}

/** What of a report is shown beside its words; null: nothing. */
export function attachmentOf({ picture, file }: Pick<Report, "picture" | "file">): Attachment | null {
  if (file !== undefined) {
    const { name, title, text } = file;
    return { noun: "file", name, title, words: null, content: async () => Buffer.from(text) };
  }
  if (picture === undefined) return null;
  const { chart } = picture;
  const name = `${chart.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.png`;
  const content = async () => await renderPng(drawChart(chart));
  return { noun: "picture", name, title: chart.title, words: pictureWords(chart), content };
}

/** Where only one person reads: Slack shows files in messages that stay, so theirs goes to their direct messages with us. */
export interface Reader {
  readonly channel: string;
  readonly user: string;
}

const isDirect = ({ channel }: Reader): boolean => channel.startsWith("D");

/** The answer with a word of where the rest is to be found, if that is elsewhere. */
export const withAttachmentNote = (message: ChatMessage, { noun }: Attachment, reader: Reader): ChatMessage =>
  isDirect(reader)
    ? message
    : { ...message, blocks: [...message.blocks, context(`The ${noun} is in our direct messages.`)] };

/** Shows it to the one reader of an answer; who was promised one is told that there is none. */
export async function showToReader(attachment: Attachment, reader: Reader, deps: AttachmentDeps): Promise<void> {
  const direct = await deps.chat.openDirect(reader.user);
  const outcome =
    direct.kind === "done" ? await share(attachment, { channel: direct.channel, thread: null }, deps) : direct;
  if (outcome.kind === "done") return;
  tell(attachment, outcome, deps);
  const why = "why" in outcome ? outcome.why : "Slack wants to be left in peace";
  if (!isDirect(reader))
    await deps.chat.whisper(reader, bareMessage(`There is no ${attachment.noun} after all: ${why}.`));
}

/** Shows it below the answer, where others read too. */
export async function showThere(
  attachment: Attachment,
  at: Pick<SharedFile, "channel" | "thread">,
  deps: AttachmentDeps,
): Promise<void> {
  const outcome = await share(attachment, at, deps);
  if (outcome.kind !== "done") tell(attachment, outcome, deps);
}

/** Handed over once: a repeat of what was merely not answered would show it twice, and the words of the answer stand anyway. */
async function share(
  { noun, name, title, words, content }: Attachment,
  at: Pick<SharedFile, "channel" | "thread">,
  { files, log }: AttachmentDeps,
): Promise<ChatOutcome> {
  const made = await content().catch((error: unknown) => {
    log.warn({ err: error }, `a ${noun} could not be made`);
    return null;
  });
  if (made === null) return { kind: "refused", why: "it could not be drawn" };
  return await files.share({ ...at, name, title, words, content: made });
}

const tell = ({ noun }: Attachment, outcome: ChatOutcome, { log }: AttachmentDeps): void =>
  log.warn(
    { attachment: noun, outcome: outcome.kind, why: "why" in outcome ? outcome.why : null },
    "what belongs to an answer was not shown",
  );
