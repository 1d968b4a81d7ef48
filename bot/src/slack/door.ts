import { createSlackChat } from "@rollcall/core/adapters/slack/chat.ts";
import { createSlackFiles } from "@rollcall/core/adapters/slack/files.ts";
import { createSlackClient } from "@rollcall/core/adapters/slack/web-client.ts";
import type { CommandDefinition, Ports } from "@rollcall/core/command.ts";
import type { Publications } from "@rollcall/core/ports/publications.ts";
import type { CommandAnswer, CommandRequest } from "@rollcall/core/run-command.ts";
import type { Secret } from "@rollcall/core/secrets/secret.ts";
import { App, type Context, type EnvelopedEvent, type MessageShortcut, type ViewSubmitAction } from "@slack/bolt";
import type { FastifyInstance } from "fastify";
import { ADD_TO_INCIDENT, addToIncident, submitToIncident } from "./add-to-incident.ts";
import { boltLogger } from "./bolt-logger.ts";
import type { Desk } from "./desk.ts";
import { followSlack } from "./follow.ts";
import { createIdentity } from "./identity.ts";
import { pressButton } from "./press.ts";
import { FastifyReceiver } from "./receiver.ts";
import { DISMISS_ACTION, LINK_ACTION, ORDER_ACTION } from "./render/buttons.ts";
import { PICK_VIEW } from "./render/pick-incident-view.ts";
import { PLAN_VIEW } from "./render/plan.ts";
import { REASON_VIEW } from "./render/reason-view.ts";
import { SILENCE_VIEW } from "./render/silence-view.ts";
import { TEXT_VIEW } from "./render/text-view.ts";
import { createSeen, hear, isToUs, type Said } from "./said.ts";
import type { SlackLog, SlackSettings } from "./settings.ts";
import { keepSockets, type SocketState } from "./sockets.ts";
import { submitPlan } from "./submit-plan.ts";
import { submitReason } from "./submit-reason.ts";
import { submitSilence } from "./submit-silence.ts";
import { submitText } from "./submit-text.ts";
import { runTyped } from "./typed.ts";

export interface SlackDoorDeps {
  readonly settings: SlackSettings;
  readonly ports: Ports;
  readonly commands: readonly CommandDefinition[];
  /** What is said in a message's thread is about what the message shows. */
  readonly publications: Pick<Publications, "keyAt">;
  /** `runCommand` of core, bound to its ports. @throws Failure */
  readonly run: (request: CommandRequest) => Promise<CommandAnswer>;
  readonly log: SlackLog;
  /** Called for each request that was not let in, with a word from a short list: `signature`, `stale`, `future`, `body`. */
  readonly onRefusedRequest?: (why: string) => void;
  /** Called at each change, if there is a token for sockets. */
  readonly onSockets?: (state: SocketState) => void;
}

/** A person waits: Slack's own directory gets two seconds, then changes are refused. */
const IDENTITY_MS = 2000;
const ANSWER_MS = 5000;
/** Slack's secrets have 32 characters; an empty one would let everybody sign. */
const SECRET_CHARACTERS = 16;
const isTooShort = (secret: Secret): boolean => secret.reveal().length < SECRET_CHARACTERS;

/** Lets Slack in under `/slack/events` and, with a token for it, by sockets: slash commands, buttons and events, each verified, acknowledged in time, run once. */
export async function registerSlackDoor(app: FastifyInstance, deps: SlackDoorDeps): Promise<void> {
  const { settings, ports, log } = deps;
  if (settings.signingSecret.accepted().some(isTooShort))
    throw new Error("SLACK_SIGNING_SECRET is too short to be one");
  const receiver = new FastifyReceiver({
    signingSecret: settings.signingSecret,
    clock: ports.clock,
    logger: boltLogger(log),
    onRefused: (why) => {
      log.warn({ why }, "a request in Slack's name was refused");
      deps.onRefusedRequest?.(why);
    },
  });
  const bolt = createBolt(receiver, deps);
  listen(bolt, deps);
  await receiver.register(app);
  openSockets(app, bolt, deps);
}

/** The same handlers by sockets, from when the service listens until it closes. */
function openSockets(app: FastifyInstance, bolt: App, { settings, log, onSockets }: SlackDoorDeps): void {
  const { appToken, apiUrl } = settings;
  if (appToken === null) return;
  const kept: { stop(): Promise<void> }[] = [];
  app.addHook("onListen", async () => {
    kept.push(keepSockets(bolt, { appToken, apiUrl, log, onState: onSockets ?? (() => {}) }));
  });
  app.addHook("preClose", async () => {
    await Promise.all(kept.map((sockets) => sockets.stop()));
  });
}

function createBolt(receiver: FastifyReceiver, { settings, log }: SlackDoorDeps): App {
  const { botToken, botId, botUserId, teamId } = settings;
  const bolt = new App({
    receiver,
    logger: boltLogger(log),
    convoStore: false,
    clientOptions: { slackApiUrl: settings.apiUrl },
    // Known beforehand: asking Slack at boot would fail every later request if Slack was away just then.
    authorize: async () => ({ botToken, botId, botUserId, teamId }),
  });
  bolt.use(followSlack);
  bolt.error(async (error) => log.error({ err: error }, "a request of Slack was not handled"));
  return bolt;
}

function listen(bolt: App, deps: SlackDoorDeps): void {
  const { settings, ports, log } = deps;
  const access = { token: settings.botToken, apiUrl: settings.apiUrl };
  const client = createSlackClient({ ...access, timeoutMs: IDENTITY_MS });
  const identify = createIdentity({
    client,
    team: settings.teamId,
    directory: ports.directory,
    rules: ports.rules,
    clock: ports.clock,
  });
  const answering = createSlackClient({ ...access, timeoutMs: ANSWER_MS });
  const answers = { chat: createSlackChat(answering), files: createSlackFiles(answering), log };
  const desk = { ...deps, identify, answers };
  bolt.command(/.+/, async ({ command, ack, context }) => {
    await runTyped({ command, ack, requestId: String(context.requestId) }, desk);
  });
  for (const action of [ORDER_ACTION, DISMISS_ACTION]) {
    bolt.action({ type: "block_actions", action_id: action }, async ({ body, action: pressed, ack, context }) => {
      await pressButton({ body, pressed, ack, requestId: String(context.requestId) }, desk);
    });
  }
  listenToWindows(bolt, desk);
  bolt.action(LINK_ACTION, async ({ ack }) => await ack());
  listenToShortcuts(bolt, desk);
  listenToWords(bolt, desk);
}

function listenToShortcuts(bolt: App, desk: Desk): void {
  bolt.shortcut<MessageShortcut>(
    { type: "message_action", callback_id: ADD_TO_INCIDENT },
    async ({ shortcut: { team, user, channel, message, trigger_id: trigger }, ack }) => {
      await ack();
      const { ts, thread_ts: thread = null, text = "" } = message;
      const of = { team: user.team_id ?? team?.id ?? "", user: user.id, channel: channel.id };
      await addToIncident({ ...of, message: { ts, thread, text }, trigger }, desk);
    },
  );
}

/** What a submitted window is answered by. */
const WINDOWS = {
  [REASON_VIEW]: submitReason,
  [PLAN_VIEW]: submitPlan,
  [SILENCE_VIEW]: submitSilence,
  [TEXT_VIEW]: submitText,
  [PICK_VIEW]: submitToIncident,
} as const;

function listenToWindows(bolt: App, desk: Desk): void {
  for (const [callback_id, submit] of Object.entries(WINDOWS))
    bolt.view<ViewSubmitAction>({ type: "view_submission", callback_id }, async ({ body, view, ack, context }) => {
      const team = body.user.team_id ?? body.team?.id ?? "";
      await submit({ team, user: body.user.id, view, requestId: String(context.requestId), ack }, desk);
    });
}

function listenToWords(bolt: App, desk: Desk): void {
  const isNew = createSeen();
  const { settings, log } = desk;
  const onSaid = async (said: Said, { body, context }: { body: EnvelopedEvent; context: Context }): Promise<void> => {
    if (!isToUs(said, settings.botUserId)) return;
    // Through each door and with each repetition the event has the same id.
    if (!isNew(body.event_id)) return log.info({ event_id: body.event_id }, "an event came again");
    const requestId = String(context.requestId);
    await hear({ said, team: body.team_id, eventId: body.event_id, requestId }, desk);
  };
  bolt.event("app_mention", async ({ event, body, context }) => await onSaid(event, { body, context }));
  bolt.event("message", async ({ event, body, context }) => await onSaid(event, { body, context }));
}
