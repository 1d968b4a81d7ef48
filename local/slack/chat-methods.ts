import { validateMessage } from "./block-kit.ts";
import { type Args, type Method, type Parts, SlackError } from "./call.ts";
import { presentMessage } from "./present.ts";
import { BOT, type Channel, isRecord, type Json, type Message } from "./records.ts";

// Slack: "the text field cannot exceed 4,000 characters" (chat.update); longer posts are cut at 40,000, here refused.
const UPDATE_CHARACTERS = 4_000;
const POST_CHARACTERS = 40_000;
const METADATA_BYTES = 8_000;

export const chatMethods: Readonly<Record<string, Method>> = {
  "chat.postMessage": (args, parts) => {
    const channel = findChannel(args, parts, { openDirect: true });
    const content = readContent(args, POST_CHARACTERS);
    const message = parts.workspace.post({
      ...content,
      channel: channel.id,
      user: BOT.user,
      thread_ts: findThread(args, channel, parts),
      metadata: readMetadata(args),
    });
    return { channel: channel.id, ts: message.ts, message: presentMessage(message, parts.workspace) };
  },

  "chat.update": (args, parts) => {
    const channel = findChannel(args, parts);
    const message = findMessage(args.required("ts"), channel, parts);
    if (message.user !== BOT.user) throw new SlackError("cant_update_message");
    const content = readContent(args, UPDATE_CHARACTERS);
    const metadata = readMetadata(args);
    const edited = parts.workspace.edit(message, {
      ...content,
      ...(metadata === null ? {} : { metadata }),
      by: BOT.user,
    });
    return {
      channel: channel.id,
      ts: message.ts,
      text: edited.text,
      message: presentMessage(edited, parts.workspace),
    };
  },

  "chat.delete": (args, parts) => {
    const channel = findChannel(args, parts);
    const message = findMessage(args.required("ts"), channel, parts);
    if (message.user !== BOT.user) throw new SlackError("cant_delete_message");
    parts.workspace.remove(message);
    return { channel: channel.id, ts: message.ts };
  },

  "chat.postEphemeral": (args, parts) => {
    const channel = findChannel(args, parts);
    const user = args.required("user");
    if (!channel.members.has(user)) throw new SlackError("user_not_in_channel");
    const message = parts.workspace.post({
      ...readContent(args, POST_CHARACTERS),
      channel: channel.id,
      user: BOT.user,
      thread_ts: findThread(args, channel, parts),
      visible_to: user,
    });
    return { message_ts: message.ts };
  },

  "chat.getPermalink": (args, parts) => {
    const channel = findChannel(args, parts);
    const ts = args.required("message_ts");
    if (parts.workspace.find(channel.id, ts) === undefined) throw new SlackError("message_not_found");
    return { channel: channel.id, permalink: `${parts.url}/archives/${channel.id}/p${ts.replace(".", "")}` };
  },

  "reactions.add": (args, parts) => {
    const channel = findChannel(args, parts);
    const message = findMessage(args.required("timestamp"), channel, parts);
    const name = args.required("name");
    if (!/^[a-z0-9_+'-]{1,100}$/.test(name)) throw new SlackError("invalid_name");
    if (!parts.workspace.react(message, name, BOT.user)) throw new SlackError("already_reacted");
    return {};
  },
};

/** The channel that the call names, if the bot may use it. */
export function findChannel(args: Args, { workspace }: Parts, { openDirect = false } = {}): Channel {
  const id = args.required("channel");
  const direct = openDirect && workspace.users.has(id) ? workspace.directChannel(id) : undefined;
  const channel = direct ?? workspace.channels.get(id);
  if (channel === undefined) throw new SlackError("channel_not_found");
  if (!channel.members.has(BOT.user)) throw new SlackError("not_in_channel");
  if (channel.archived) throw new SlackError("is_archived");
  return channel;
}

function findMessage(ts: string, channel: Channel, parts: Parts): Message {
  const message = parts.workspace.find(channel.id, ts);
  if (message === undefined) throw new SlackError("message_not_found");
  return message;
}

function findThread(args: Args, channel: Channel, { workspace }: Parts): string | null {
  const ts = args.text("thread_ts");
  if (ts === null || ts === "") return null;
  const parent = workspace.find(channel.id, ts);
  if (parent === undefined) throw new SlackError("thread_not_found");
  return parent.thread_ts ?? parent.ts;
}

/** What a message is to say, or the error that Slack would answer. */
export function readContent(args: Args, characters: number): { text: string; blocks: Json[] } {
  if (args.has("attachments")) {
    throw new SlackError("invalid_attachments", ["[ERROR] legacy attachments are not part of this stand-in"]);
  }
  const text = args.text("text") ?? "";
  const blocks = args.json("blocks", "invalid_blocks_format") ?? [];
  if ([...text].length > characters) throw new SlackError("msg_too_long");
  if (Array.isArray(blocks) && blocks.length === 0) {
    if (text === "") throw new SlackError("no_text");
    return { text, blocks: [] };
  }
  const faults = validateMessage({ text, blocks });
  if (faults.length > 0) throw new SlackError(nameOf(faults), faults);
  return { text, blocks: Array.isArray(blocks) ? blocks.filter(isRecord) : [] };
}

function nameOf(faults: readonly string[]): string {
  if (faults.some((fault) => fault.includes("msg_blocks_too_long"))) return "msg_blocks_too_long";
  return faults.every((fault) => fault.endsWith("[json-pointer:/text]")) ? "no_text" : "invalid_blocks";
}

function readMetadata(args: Args): Json | null {
  const metadata = args.record("metadata", "invalid_metadata_format");
  if (metadata === null) return null;
  if (typeof metadata.event_type !== "string" || !isRecord(metadata.event_payload)) {
    throw new SlackError("invalid_metadata_schema", ["[ERROR] metadata needs event_type and event_payload"]);
  }
  if (JSON.stringify(metadata).length > METADATA_BYTES) throw new SlackError("metadata_too_large");
  return metadata;
}
