import { APP_ID, BOT, type Channel, type Json, type Message, TEAM } from "./records.ts";
import type { Workspace } from "./workspace.ts";

/** A message as the Web API shows it. */
export function presentMessage(message: Message, workspace: Workspace, { metadata = true } = {}): Json {
  const replies = message.thread_ts === null ? workspace.replies(message.channel, message.ts) : [];
  const root = message.thread_ts ?? (replies.length > 0 ? message.ts : null);
  return {
    type: "message",
    user: message.user,
    ts: message.ts,
    team: TEAM.id,
    ...(message.user === BOT.user ? { bot_id: BOT.id, app_id: APP_ID } : {}),
    text: message.text,
    ...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
    ...(root === null ? {} : { thread_ts: root }),
    ...(replies.length === 0
      ? {}
      : {
          reply_count: replies.length,
          latest_reply: replies.at(-1)?.ts,
          reply_users: [...new Set(replies.map(({ user }) => user))],
        }),
    ...(message.edited === null ? {} : { edited: message.edited }),
    ...(metadata && message.metadata !== null ? { metadata: message.metadata } : {}),
    ...(message.reactions.length === 0
      ? {}
      : { reactions: message.reactions.map((each) => ({ ...each, count: each.users.length })) }),
    ...(message.files.length === 0 ? {} : { files: message.files }),
  };
}

/** A channel as the Web API shows it. */
export const presentChannel = (channel: Channel): Json => ({
  id: channel.id,
  ...(channel.kind === "im"
    ? { user: [...channel.members].find((id) => id !== BOT.user) }
    : { name: channel.name, name_normalized: channel.name }),
  is_channel: channel.kind === "channel",
  is_im: channel.kind === "im",
  is_private: channel.kind === "im",
  is_archived: channel.archived,
  is_member: channel.members.has(BOT.user),
  num_members: channel.members.size,
});
