import type { WebClient } from "@slack/web-api";
import { type ChatOutcome, settle } from "./chat-outcome.ts";

/** A picture, or a text, to be shown. */
export interface SharedFile {
  readonly channel: string;
  /** Message in whose thread it goes; null: the channel itself. */
  readonly thread: string | null;
  /** `inc-7.png`; by it the picture is found again in a thread, where the same name is never given to two. */
  readonly name: string;
  readonly title: string;
  /** What is on a picture, for whoever cannot see it; null for a text. */
  readonly words: string | null;
  readonly content: Buffer;
}

/** Puts files into threads; never repeats a call by itself, never throws. */
export interface SlackFiles {
  /** Hands a file over. `done` says that Slack has it; it stands in the thread only some seconds later, or never. */
  share(file: SharedFile): Promise<ChatOutcome>;
  /** Looks for it in the thread; `done` with its message, `gone` if it does not stand there. */
  find(place: Pick<SharedFile, "channel" | "name"> & { readonly thread: string }): Promise<ChatOutcome>;
}

const UPLOAD_MS = 10_000;

/** The files of one workspace: an address to upload to, the bytes, and where they are to be seen. */
export const createSlackFiles = (client: WebClient): SlackFiles => ({
  share: ({ channel, thread, name, title, words, content }) =>
    settle(async () => {
      const given = await client.files.getUploadURLExternal({
        ...{ filename: name, length: content.length },
        ...(words !== null && { alt_text: words }),
      });
      if (given.upload_url === undefined || given.file_id === undefined)
        return { kind: "unknown", why: "no address in the answer" };
      const answer = await fetch(given.upload_url, {
        method: "POST",
        body: new Uint8Array(content),
        redirect: "error",
        signal: AbortSignal.timeout(UPLOAD_MS),
      });
      await answer.body?.cancel();
      if (!answer.ok) return { kind: "unknown", why: `HTTP ${answer.status}` };
      await client.files.completeUploadExternal({
        files: [{ id: given.file_id, title }],
        channel_id: channel,
        ...(thread === null ? {} : { thread_ts: thread }),
      });
      return { kind: "done", channel, ts: "" };
    }),
  find: ({ channel, thread, name }) =>
    settle(async () => {
      const answer = await client.conversations.replies({ channel, ts: thread, limit: 200 });
      const found = answer.messages?.find(({ files }) => files?.some((file) => file.name === name));
      return found?.ts === undefined
        ? { kind: "gone", why: "no message with this file" }
        : { kind: "done", channel, ts: found.ts };
    }),
});
