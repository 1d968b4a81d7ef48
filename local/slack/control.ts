import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { EventStream } from "../stand-in/local-server.ts";
import { InvalidInput, readBody, readQuery } from "../stand-in/read-body.ts";
import { ActError, type ActingParts } from "./acting.ts";
import { click, clickInView } from "./clicks.ts";
import { openHome, say, sendCommand } from "./commands.ts";
import type { DeliveryOptions } from "./delivery.ts";
import type { Faults } from "./faults.ts";
import type { RateLimits } from "./rate-limits.ts";
import { BOT, type Message, TEAM } from "./records.ts";
import { chooseShortcut } from "./shortcuts.ts";
import { closeView, submitView } from "./submissions.ts";
import type { Traffic } from "./traffic.ts";
import { presentView } from "./views.ts";

export interface ControlParts extends ActingParts {
  readonly faults: Faults;
  readonly rateLimits: RateLimits;
  readonly traffic: Traffic;
  readonly delivering: DeliveryOptions;
}

const times = z.int().min(1).max(1000).optional();
const count = z.int().min(1).default(1);
const Said = z.strictObject({
  user: z.string(),
  channel: z.string(),
  text: z.string().min(1).max(40_000),
  thread_ts: z.string().optional(),
  times,
});
const Clicked = z.strictObject({
  user: z.string(),
  channel: z.string(),
  ts: z.string(),
  action_id: z.string(),
  block_id: z.string().optional(),
  value: z.string().optional(),
  times,
});
const ClickedInView = Clicked.omit({ channel: true, ts: true }).extend({ view_id: z.string() });
const Submitted = z.strictObject({
  user: z.string(),
  view_id: z.string(),
  values: z.record(z.string(), z.unknown()).default({}),
});
const ApiFaultInput = z.strictObject({
  kind: z.enum(["ratelimited", "http", "error", "hang", "reset", "lost"]),
  count,
  methods: z.array(z.string()).default([]),
  retry_after_seconds: z.int().min(1).default(1),
  status: z.int().min(400).max(599).default(500),
  error: z.string().default("internal_error"),
});
const DeliveryFaultInput = z.strictObject({
  kind: z.enum(["drop", "duplicate"]),
  count,
  deliveries: z.array(z.string()).default([]),
});
const Membership = z.strictObject({
  channel: z.string(),
  user: z.string().optional(),
  member: z.boolean().default(true),
  archived: z.boolean().optional(),
});

const Chosen = z.strictObject({ user: z.string(), channel: z.string(), ts: z.string(), callback_id: z.string() });

const MessagesQuery = z.strictObject({
  channel: z.string(),
  user: z.string().optional(),
  newest: z.coerce.number().int().min(1).optional(),
});

const Dropped = z.strictObject({
  how: z.enum(["close", "reset", "warning", "refresh_requested", "dead"]),
  count: z.int().min(1).max(10).default(1),
});

/** What tests, drills and the page use: everything a person could do in Slack, and what nobody can. */
export function addControl(app: FastifyInstance, parts: ControlParts): void {
  addReads(app, parts);
  addActs(app, parts);
  addFaults(app, parts);
  const stream = new EventStream(app, "/control/stream");
  parts.workspace.onChange((channel, posted) =>
    stream.send("messages", { channel, by: posted?.user ?? null, visible_to: posted?.visible_to ?? null }),
  );
  parts.views.onChange((user) => stream.send("views", { user }));
  parts.traffic.onChange((exchange) => stream.send("traffic", exchange));
}

function addReads(app: FastifyInstance, { workspace, views, traffic, delivering }: ControlParts): void {
  app.get("/control/workspace", async () => ({
    team: TEAM,
    bot: BOT,
    users: [...workspace.users.values()],
    channels: [...workspace.channels.values()].map((channel) => ({ ...channel, members: [...channel.members] })),
    request_url: delivering.requestUrl,
    tried: workspace.tried,
  }));
  app.get("/control/messages", async (request) => {
    const { channel, user, newest } = readQuery(request, MessagesQuery);
    const seen = user === undefined ? [] : workspace.ephemerals(channel, user);
    const messages = [...workspace.messages(channel), ...seen].sort((a, b) => (a.ts < b.ts ? -1 : 1));
    return { messages: newest === undefined ? messages : messages.slice(-newest).map(withoutOldBlocks) };
  });
  app.get("/control/views", async (request) => {
    const { user } = readQuery(request, z.strictObject({ user: z.string() }));
    const home = views.home(user);
    return {
      stack: views.stack(user).map((view) => presentView(view)),
      home: home === null ? null : presentView(home),
    };
  });
  app.get("/control/traffic", async () => ({ exchanges: traffic.list() }));
}

/** A page shows of earlier versions only the words. */
const withoutOldBlocks = (message: Message) => ({
  ...message,
  versions: message.versions.map(({ at, text }) => ({ at, text })),
});

function addActs(app: FastifyInstance, parts: ControlParts): void {
  app.post("/control/say", async (request) => {
    const said = readBody(request, Said);
    if (!said.text.trimStart().startsWith("/")) return act(() => say(said, parts));
    if (said.thread_ts !== undefined)
      throw new InvalidInput("slash commands do not work in threads; mention @fleet there");
    return act(async () => ({ acks: await sendCommand(said, parts, said.times) }));
  });
  app.post("/control/click", async (request) => {
    const clicked = readBody(request, Clicked);
    return act(async () => ({ acks: await click(clicked, parts) }));
  });
  app.post("/control/shortcut", async (request) => {
    const chosen = readBody(request, Chosen);
    return act(async () => ({ acks: await chooseShortcut(chosen, parts) }));
  });
  app.post("/control/click-view", async (request) => {
    const clicked = readBody(request, ClickedInView);
    return act(async () => ({ acks: await clickInView(clicked, parts) }));
  });
  app.post("/control/submit", async (request) => {
    const submitted = readBody(request, Submitted);
    return act(() => submitView(submitted, parts));
  });
  app.post("/control/close-view", async (request) => {
    const { user, view_id } = readBody(request, z.strictObject({ user: z.string(), view_id: z.string() }));
    return act(async () => ({ ack: await closeView(user, view_id, parts) }));
  });
  app.post("/control/open-home", async (request) => {
    const { user } = readBody(request, z.strictObject({ user: z.string() }));
    return act(async () => ({ ack: await openHome(user, parts) }));
  });
}

function addFaults(app: FastifyInstance, parts: ControlParts): void {
  const { faults, workspace } = parts;
  app.post("/control/faults/api", async (request) => {
    const { count, retry_after_seconds, ...fault } = readBody(request, ApiFaultInput);
    faults.addApi({ ...fault, retryAfterSeconds: retry_after_seconds }, count);
    return {};
  });
  app.post("/control/faults/deliveries", async (request) => {
    const { count, ...fault } = readBody(request, DeliveryFaultInput);
    faults.addDelivery(fault, count);
    return {};
  });
  app.post("/control/faults/clear", async () => {
    faults.clear();
    return {};
  });
  app.post("/control/advance", async (request) => {
    const { seconds } = readBody(request, z.strictObject({ seconds: z.number().min(0) }));
    parts.clock.advance(seconds * 1000);
    await parts.events.runDue();
    return { retries_waiting: parts.events.waiting };
  });
  app.post("/control/rate-limits", async (request) => {
    parts.rateLimits.enabled = readBody(request, z.strictObject({ enabled: z.boolean() })).enabled;
    return {};
  });
  app.post("/control/request-url", async (request) => {
    parts.delivering.requestUrl = readBody(request, z.strictObject({ url: z.url() })).url;
    return {};
  });
  app.post("/control/delivery", async (request) => {
    parts.delivering.over = readBody(request, z.strictObject({ over: z.enum(["http", "socket"]) })).over;
    return {};
  });
  app.get("/control/sockets", async () => ({ open: parts.sockets.open }));
  app.post("/control/sockets/drop", async (request) => {
    const { how, count } = readBody(request, Dropped);
    return { dropped: parts.sockets.drop(how, count) };
  });
  app.post("/control/membership", async (request) => {
    const { channel: id, user, member, archived } = readBody(request, Membership);
    const channel = workspace.channels.get(id);
    if (channel === undefined) throw new InvalidInput(`no channel ${id}`);
    if (user !== undefined && member) channel.members.add(user);
    else if (user !== undefined) channel.members.delete(user);
    if (archived !== undefined) channel.archived = archived;
    return {};
  });
  app.post("/control/clear", async () => {
    workspace.clear();
    return {};
  });
}

async function act<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ActError) throw new InvalidInput(error.message);
    throw error;
  }
}
