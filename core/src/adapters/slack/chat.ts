import type { KnownBlock, ModalView } from "@slack/types";
import type { WebClient } from "@slack/web-api";
import { redact } from "../../secrets/redact.ts";
import { type ChatOutcome, settle } from "./chat-outcome.ts";

/** A message as it is written: blocks for the eye, `text` for the lock screen and the screen reader. */
export interface ChatMessage {
  readonly text: string;
  readonly blocks: readonly KnownBlock[];
}

/** A window over what a person sees. */
export type ModalWindow = ModalView;

/** Name of the metadata that marks a message as ours, with the key of the row that it shows. */
export const METADATA_EVENT = "rollcall_publication";

export interface Placement {
  readonly channel: string;
  /** Message in whose thread it goes; null: the channel itself. */
  readonly thread: string | null;
  /** Key of the row it shows: `op-481`. */
  readonly key: string;
}

/** Writes and finds messages; one call of Slack's each, never repeated by itself, never throwing. */
export interface SlackChat {
  post(place: Placement, message: ChatMessage): Promise<ChatOutcome>;
  edit(at: { channel: string; ts: string; key: string }, message: ChatMessage): Promise<ChatOutcome>;
  /** Looks through messages since `sinceMs` for the one with the key; `done` if it stands there, `gone` if it does not. */
  find(place: Placement, sinceMs: number): Promise<ChatOutcome>;
  /** Where a person's direct messages with us go; `done` with that channel, and no message. */
  openDirect(user: string): Promise<ChatOutcome>;
  /** Opens a window for whoever acted, within three seconds of it. */
  openWindow(trigger: string, view: ModalWindow): Promise<ChatOutcome>;
  updateWindow(id: string, view: ModalWindow): Promise<ChatOutcome>;
  /** Seen by one person only. */
  whisper(to: { channel: string; user: string }, message: ChatMessage): Promise<ChatOutcome>;
}

const PAGES_AT_MOST = 5;

/** A label, an agent's last words or what somebody typed may hold a secret; a channel has many readers, and so has a screen. */
export const withoutSecrets = <Shown extends ChatMessage | ModalWindow>(shown: Shown): Shown =>
  JSON.parse(redact(JSON.stringify(shown))) as Shown;

/** The chat of one workspace. */
export function createSlackChat(client: WebClient): SlackChat {
  const metadata = (key: string) => ({ event_type: METADATA_EVENT, event_payload: { key } });
  return {
    post: ({ channel, thread, key }, message) =>
      settle(async () => {
        const { text, blocks } = withoutSecrets(message);
        const answer = await client.chat.postMessage({
          channel,
          text,
          blocks: [...blocks],
          metadata: metadata(key),
          unfurl_links: false,
          unfurl_media: false,
          ...(thread === null ? {} : { thread_ts: thread }),
        });
        return at(answer.channel ?? channel, answer.ts);
      }),
    edit: ({ channel, ts, key }, message) =>
      settle(async () => {
        const { text, blocks } = withoutSecrets(message);
        const answer = await client.chat.update({ channel, ts, text, blocks: [...blocks], metadata: metadata(key) });
        return at(answer.channel ?? channel, answer.ts ?? ts);
      }),
    find: (place, sinceMs) => settle(() => search(client, place, sinceMs)),
    openDirect: (users) =>
      settle(async () => {
        const { channel } = await client.conversations.open({ users });
        return channel?.id === undefined
          ? { kind: "unknown", why: "no channel in the answer" }
          : { kind: "done", channel: channel.id, ts: "" };
      }),
    openWindow: (trigger_id, view) =>
      settle(async () => {
        const answer = await client.views.open({ trigger_id, view: withoutSecrets(view) });
        return { kind: "done", channel: "", ts: answer.view?.id ?? "" };
      }),
    updateWindow: (view_id, view) =>
      settle(async () => {
        await client.views.update({ view_id, view: withoutSecrets(view) });
        return { kind: "done", channel: "", ts: view_id };
      }),
    whisper: ({ channel, user }, message) =>
      settle(async () => {
        const { text, blocks } = withoutSecrets(message);
        const answer = await client.chat.postEphemeral({ channel, user, text, blocks: [...blocks] });
        return at(channel, answer.message_ts);
      }),
  };
}

const at = (channel: string, ts: string | undefined): ChatOutcome =>
  ts === undefined ? { kind: "unknown", why: "no timestamp in the answer" } : { kind: "done", channel, ts };

async function search(client: WebClient, { channel, thread, key }: Placement, sinceMs: number): Promise<ChatOutcome> {
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_AT_MOST; page += 1) {
    const range = {
      channel,
      oldest: (sinceMs / 1000).toFixed(6),
      limit: 200,
      include_all_metadata: true,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const answer =
      thread === null
        ? await client.conversations.history(range)
        : await client.conversations.replies({ ...range, ts: thread });
    const found = answer.messages?.find((message) => keyOf(message) === key);
    if (found?.ts !== undefined) return { kind: "done", channel, ts: found.ts };
    cursor = answer.response_metadata?.next_cursor || undefined;
    if (cursor === undefined) break;
  }
  return { kind: "gone", why: "no message with this key" };
}

function keyOf(message: object): unknown {
  const { metadata } = message as { metadata?: { event_type?: string; event_payload?: { key?: unknown } } };
  return metadata?.event_type === METADATA_EVENT ? metadata.event_payload?.key : undefined;
}
