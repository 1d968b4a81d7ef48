import { randomBytes } from "node:crypto";
import { ActError, type ActingParts, FORM, failureOf, findPlace, parseRecord, tell } from "./acting.ts";
import type { Ack } from "./delivery.ts";
import type { ResponseTarget } from "./lifetimes.ts";
import { APP_ID, BOT, COMMANDS, type Message, TEAM } from "./records.ts";
import { respond } from "./response-url.ts";
import { presentView } from "./views.ts";

// The first of the three things that the page proposes.
const FIRST_TO_TRY = /^(roll[- ]call|rc)\b/;

/** Sends `/command text` as Slack does, and shows the answer to the person who typed it. */
export async function sendCommand(
  { user: id, channel: channelId, text }: { user: string; channel: string; text: string },
  parts: ActingParts,
  times = 1,
): Promise<Ack[]> {
  const { user, channel } = findPlace(id, channelId, parts);
  const [command = "", rest = ""] = split(text);
  if (!COMMANDS.includes(command)) {
    tell(
      parts,
      { user: id, channel: channelId },
      `\`${command}\` is not a valid command. Here you can type ${COMMANDS.join(", ")}.`,
    );
    return [];
  }
  const target = { channel: channelId, user: id, thread_ts: null, message: null };
  const body = new URLSearchParams({
    token: "stand-in",
    team_id: user.team_id,
    team_domain: TEAM.domain,
    channel_id: channel.id,
    channel_name: channel.name,
    user_id: user.id,
    user_name: user.name,
    command,
    text: escapeText(rest, parts, { withName: true }),
    api_app_id: APP_ID,
    is_enterprise_install: "false",
    response_url: `${parts.url}/commands/${TEAM.id}/${parts.responseUrls.issue(target)}`,
    trigger_id: parts.triggers.issue(id),
  }).toString();
  const acks = await parts.delivery.send({ kind: "command", label: text, user: id, contentType: FORM, body }, times);
  if (FIRST_TO_TRY.test(rest) && acks.some(({ outcome }) => outcome === "acked")) parts.workspace.noteTried(channelId);
  for (const ack of acks) {
    const failure = failureOf(ack) ?? answerInline(ack, target, parts);
    if (failure !== null) {
      tell(parts, { user: id, channel: channelId }, `${command} failed with the error "${failure}"`);
    }
  }
  return acks;
}

/** Writes a message as a person; the bot hears of it if it is mentioned, or in its direct channel. */
export async function say(
  said: { user: string; channel: string; text: string; thread_ts?: string | undefined },
  parts: ActingParts,
): Promise<{ message: Message; ack: Ack | null }> {
  const { user, channel } = findPlace(said.user, said.channel, parts);
  const thread = said.thread_ts ?? null;
  if (thread !== null && parts.workspace.find(channel.id, thread) === undefined) throw new ActError("no such thread");
  const text = escapeText(said.text, parts);
  const message = parts.workspace.post({ channel: channel.id, user: user.id, text, thread_ts: thread });
  const isMention = text.includes(`<@${BOT.user}`) && channel.members.has(BOT.user);
  if (channel.kind !== "im" && !isMention) return { message, ack: null };
  const event = {
    ...(channel.kind === "im" ? { type: "message", channel_type: "im" } : { type: "app_mention" }),
    user: user.id,
    team: user.team_id,
    text,
    ts: message.ts,
    event_ts: message.ts,
    channel: channel.id,
    client_msg_id: randomBytes(8).toString("hex"),
    ...(thread === null ? {} : { thread_ts: thread }),
  };
  return { message, ack: await parts.events.send(event, { user: user.id, label: said.text }) };
}

/** Opens the bot's Home tab as a person. */
export function openHome(userId: string, parts: ActingParts): Promise<Ack> {
  const channel = parts.workspace.directChannel(userId);
  if (channel === undefined) throw new ActError(`no person ${userId}`);
  const home = parts.views.home(userId);
  const ts = parts.workspace.nextTs();
  const event = {
    type: "app_home_opened",
    user: userId,
    channel: channel.id,
    tab: "home",
    event_ts: ts,
    ...(home === null ? {} : { view: presentView(home) }),
  };
  return parts.events.send(event, { user: userId, label: "Home" });
}

/** An answer in the body of a command's ack is a message like one at the response URL. */
function answerInline({ body }: Ack, target: ResponseTarget, parts: ActingParts): string | null {
  if (body.trim() === "") return null;
  const answer = body.trimStart().startsWith("{") ? parseRecord(body) : { text: body };
  return Object.keys(answer).length === 0 ? null : respond(answer, target, parts);
}

/** `@name` becomes a mention and `& < >` are escaped, as Slack hands texts to apps. */
function escapeText(text: string, { workspace }: ActingParts, { withName = false } = {}): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const byName = new Map([...workspace.users.values()].map(({ name, id }) => [name, id]));
  return escaped.replace(/(^|[^\w@])@([a-z]+)\b/g, (whole, before: string, name: string) => {
    const id = byName.get(name);
    if (id === undefined) return whole;
    return `${before}<@${id}${withName ? `|${name}` : ""}>`;
  });
}

const split = (text: string): string[] => /^(\S+)\s*([\s\S]*)$/.exec(text.trim())?.slice(1) ?? [];
