import { renderPng } from "@rollcall/core/adapters/resvg/render-png.ts";
import type { ChatMessage, SlackChat } from "@rollcall/core/adapters/slack/chat.ts";
import type { ChatOutcome } from "@rollcall/core/adapters/slack/chat-outcome.ts";
import type { SharedPicture, SlackFiles } from "@rollcall/core/adapters/slack/files.ts";
import { drawChart } from "@rollcall/core/charts/draw-chart.ts";
import type { Chart } from "@rollcall/core/domain/chart.ts";
import { pictureWords } from "@rollcall/core/domain/report.ts";
import { bareMessage } from "./render/asking.ts";
import { context } from "./render/blocks.ts";
import type { SlackLog } from "./settings.ts";

export interface AnswerPictureDeps {
  readonly chat: SlackChat;
  readonly files: SlackFiles;
  readonly log: SlackLog;
}

/** Where only one person reads: Slack shows files in messages that stay, so theirs goes to their direct messages with us. */
export interface Reader {
  readonly channel: string;
  readonly user: string;
}

const isDirect = ({ channel }: Reader): boolean => channel.startsWith("D");

/** The answer with a word of where its picture is to be found, if that is elsewhere. */
export const withPictureNote = (message: ChatMessage, reader: Reader): ChatMessage =>
  isDirect(reader)
    ? message
    : { ...message, blocks: [...message.blocks, context("The picture is in our direct messages.")] };

/** Shows the picture of an answer to its one reader; who was promised one is told that there is none. */
export async function showToReader(chart: Chart, reader: Reader, deps: AnswerPictureDeps): Promise<void> {
  const direct = await deps.chat.openDirect(reader.user);
  const outcome = direct.kind === "done" ? await share(chart, { channel: direct.channel, thread: null }, deps) : direct;
  if (outcome.kind === "done") return;
  tell(outcome, deps);
  const why = "why" in outcome ? outcome.why : "Slack wants to be left in peace";
  if (!isDirect(reader)) await deps.chat.whisper(reader, bareMessage(`There is no picture after all: ${why}.`));
}

/** Shows it below the answer, where others read too. */
export async function showThere(
  chart: Chart,
  at: Pick<SharedPicture, "channel" | "thread">,
  deps: AnswerPictureDeps,
): Promise<void> {
  const outcome = await share(chart, at, deps);
  if (outcome.kind !== "done") tell(outcome, deps);
}

/** Handed over once: a repeat of what was merely not answered would show it twice, and the words of the answer stand anyway. */
async function share(
  chart: Chart,
  at: Pick<SharedPicture, "channel" | "thread">,
  { files, log }: AnswerPictureDeps,
): Promise<ChatOutcome> {
  const png = await pngOf(chart).catch((error: unknown) => {
    log.warn({ err: error }, "a picture could not be drawn");
    return null;
  });
  if (png === null) return { kind: "refused", why: "it could not be drawn" };
  const name = `${chart.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.png`;
  return await files.share({ ...at, name, title: chart.title, words: pictureWords(chart), png });
}

const pngOf = async (chart: Chart): Promise<Buffer> => await renderPng(drawChart(chart));

const tell = (outcome: ChatOutcome, { log }: AnswerPictureDeps): void =>
  log.warn(
    { outcome: outcome.kind, why: "why" in outcome ? outcome.why : null },
    "the picture of an answer was not shown",
  );
