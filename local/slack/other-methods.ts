import { validateView } from "./block-kit.ts";
import { type Args, type Method, type Parts, SlackError } from "./call.ts";
import { findChannel } from "./chat-methods.ts";
import { FILE_BYTES } from "./files.ts";
import { presentChannel, presentMessage } from "./present.ts";
import { BOT, isRecord, type Json, type Message, type StoredFile, TEAM } from "./records.ts";
import { presentView, type View } from "./views.ts";

export const otherMethods: Readonly<Record<string, Method>> = {
  "auth.test": (_, { url }) => ({
    url: `${url}/`,
    team: TEAM.name,
    user: BOT.name,
    team_id: TEAM.id,
    user_id: BOT.user,
    bot_id: BOT.id,
    is_enterprise_install: false,
  }),

  "apps.connections.open": (_, { sockets, url }) => ({ url: sockets.issue(url) }),

  "users.info": (args, { workspace }) => {
    const user = workspace.users.get(args.required("user"));
    if (user === undefined) throw new SlackError("user_not_found");
    return { user };
  },

  "conversations.info": (args, { workspace }) => {
    const channel = workspace.channels.get(args.required("channel"));
    if (channel === undefined) throw new SlackError("channel_not_found");
    return { channel: presentChannel(channel) };
  },

  "conversations.open": (args, { workspace }) => {
    const id = args.required("users");
    if (!workspace.users.has(id)) throw new SlackError("user_not_found");
    const channel = workspace.directChannel(id);
    if (channel === undefined) throw new SlackError("cannot_dm_bot");
    return { no_op: true, already_open: true, channel: presentChannel(channel) };
  },

  "conversations.history": (args, parts) => {
    const channel = findChannel(args, parts);
    const top = parts.workspace.messages(channel.id).filter(({ thread_ts }) => thread_ts === null);
    return page(top.reverse(), args, parts);
  },

  "conversations.replies": (args, parts) => {
    const channel = findChannel(args, parts);
    const parent = parts.workspace.find(channel.id, args.required("ts"));
    if (parent === undefined) throw new SlackError("thread_not_found");
    const root = parts.workspace.find(channel.id, parent.thread_ts ?? parent.ts) ?? parent;
    return page([root, ...parts.workspace.replies(channel.id, root.ts)], args, parts);
  },

  "views.open": (args, parts) => {
    const view = readView(args, "modal");
    return { view: presentView(parts.views.open(redeem(args, parts), view)) };
  },

  "views.push": (args, parts) => {
    const view = readView(args, "modal");
    const pushed = parts.views.push(redeem(args, parts), view);
    if (pushed === null) throw new SlackError("push_limit_reached");
    return { view: presentView(pushed) };
  },

  "views.update": (args, parts) => {
    const view = findView(args, parts);
    const content = readView(args, "modal");
    const hash = args.text("hash");
    if (hash !== null && hash !== view.hash) throw new SlackError("hash_conflict");
    return { view: presentView(parts.views.update(view, content)) };
  },

  "views.publish": (args, { views, workspace }) => {
    const user = args.required("user_id");
    if (!workspace.users.has(user)) throw new SlackError("user_not_found");
    const content = readView(args, "home");
    const hash = args.text("hash");
    const before = views.home(user);
    if (hash !== null && before !== null && hash !== before.hash) throw new SlackError("hash_conflict");
    return { view: presentView(views.publish(user, content)) };
  },

  "files.getUploadURLExternal": (args, { files, url }) => {
    const name = args.required("filename");
    const size = args.integer("length", { fallback: 0, most: FILE_BYTES });
    if (size === 0) throw new SlackError("invalid_arguments", ["[ERROR] missing required field: length"]);
    const { id, secret } = files.reserve(name, size);
    return { upload_url: `${url}/upload/v1/${secret}`, file_id: id };
  },

  "files.completeUploadExternal": (args, parts) => {
    const given = args.json("files", "invalid_arguments");
    if (!Array.isArray(given) || given.length === 0) {
      throw new SlackError("invalid_arguments", ["[ERROR] missing required field: files"]);
    }
    const files = given.map((each): StoredFile => {
      const title = isRecord(each) && typeof each.title === "string" ? each.title : null;
      const file = isRecord(each) ? parts.files.complete(String(each.id), title) : null;
      if (file === null) throw new SlackError("file_not_found");
      return file;
    });
    if (args.has("channel_id")) shareFiles(files, args, parts);
    return { files: files.map(({ id, title }) => ({ id, title })) };
  },
};

/** Slack scans a file before it shares it: the message comes after the answer, which therefore does not name it. */
const SHARED_AFTER_MS = 200;

function shareFiles(files: readonly StoredFile[], args: Args, { workspace }: Parts): void {
  const channel = workspace.channels.get(args.required("channel_id"));
  if (channel === undefined || !channel.members.has(BOT.user)) throw new SlackError("channel_not_found");
  const thread = args.text("thread_ts");
  if (thread !== null && workspace.find(channel.id, thread) === undefined) throw new SlackError("thread_not_found");
  const text = args.text("initial_comment") ?? "";
  setTimeout(() => {
    workspace.post({ channel: channel.id, user: BOT.user, text, files, thread_ts: thread });
  }, SHARED_AFTER_MS).unref();
}

/** One page of a list of messages, cut by `oldest`, `latest`, `limit` and `cursor`. */
function page(messages: readonly Message[], args: Args, { workspace }: Parts): Json {
  const limit = args.integer("limit", { fallback: 100, most: 999 });
  const [oldest, latest] = [Number(args.text("oldest") ?? 0), Number(args.text("latest") ?? Number.POSITIVE_INFINITY)];
  if (Number.isNaN(oldest)) throw new SlackError("invalid_ts_oldest");
  if (Number.isNaN(latest)) throw new SlackError("invalid_ts_latest");
  const isWithin = ({ ts }: Message): boolean =>
    args.flag("inclusive") ? Number(ts) >= oldest && Number(ts) <= latest : Number(ts) > oldest && Number(ts) < latest;
  const skipped = readCursor(args.text("cursor"));
  const fitting = messages.filter(isWithin).slice(skipped);
  const hasMore = fitting.length > limit;
  const next = hasMore ? Buffer.from(`next:${skipped + limit}`).toString("base64") : "";
  return {
    messages: fitting
      .slice(0, limit)
      .map((message) => presentMessage(message, workspace, { metadata: args.flag("include_all_metadata") })),
    has_more: hasMore,
    response_metadata: { next_cursor: next },
  };
}

function readCursor(cursor: string | null): number {
  if (cursor === null || cursor === "") return 0;
  const skipped = /^next:(\d+)$/.exec(Buffer.from(cursor, "base64").toString("utf8"))?.[1];
  if (skipped === undefined) throw new SlackError("invalid_cursor");
  return Number(skipped);
}

function readView(args: Args, type: "modal" | "home"): Json {
  const view = args.record("view", "invalid_arguments");
  if (view === null) throw new SlackError("invalid_arguments", ["[ERROR] missing required field: view"]);
  const faults =
    view.type === type
      ? validateView(view)
      : [`[ERROR] unsupported type: ${String(view.type)} [json-pointer:/view/type]`];
  if (faults.some((fault) => fault.includes("view_too_large"))) throw new SlackError("view_too_large");
  if (faults.length > 0) throw new SlackError("invalid_arguments", faults);
  return view;
}

function redeem(args: Args, { triggers }: Parts): string {
  const redeemed = triggers.redeem(args.required("trigger_id"));
  if ("error" in redeemed) throw new SlackError(redeemed.error);
  return redeemed.user;
}

function findView(args: Args, { views }: Parts): View {
  const external = args.text("external_id");
  const view = external === null ? views.find(args.required("view_id")) : views.findExternal(external);
  if (view === undefined) throw new SlackError("not_found");
  return view;
}
