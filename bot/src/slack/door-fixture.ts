import type { Ports } from "@rollcall/core/command.ts";
import { quietEvents } from "@rollcall/core/events-fixture.ts";
import { loadCommands } from "@rollcall/core/load-commands.ts";
import { memoryOverrides } from "@rollcall/core/memory-overrides-fixture.ts";
import type { AuditEntry } from "@rollcall/core/ports/audit-log.ts";
import type { Acceptance } from "@rollcall/core/ports/command-store.ts";
import { runCommand } from "@rollcall/core/run-command.ts";
import { createSlackClient, type Message, type SlackClient } from "@rollcall/local/slack/client.ts";
import { createSlackStandIn, type SlackStandIn } from "@rollcall/local/slack/stand-in.ts";
import { type FastifyInstance, fastify } from "fastify";
import { answerError } from "../http/errors.ts";
import { registerSlackDoor, type SlackDoorDeps } from "./door.ts";
import { storeOf } from "./door-store-fixture.ts";
import { SETTINGS, SIGNING_SECRET } from "./fixtures.ts";
import { MemoryRows } from "./memory-rows.ts";
import type { SocketState } from "./sockets.ts";

const APP_TOKEN = "xapp-local";

/** The door with the real command path and the Slack stand-in, and rows in memory. */
export interface DoorStage {
  readonly slack: SlackClient;
  readonly standIn: SlackStandIn;
  readonly app: FastifyInstance;
  readonly deps: SlackDoorDeps;
  /** What was told of the sockets, the newest last. */
  readonly states: SocketState[];
  readonly rows: MemoryRows;
  readonly accepted: Acceptance[];
  readonly audited: AuditEntry[];
  readonly refused: string[];
  /** Holds every acceptance back until it is called. */
  holdStore(): () => void;
  /** What only this person sees, once it has arrived. @param fits part of its words */
  whispered(user: string, fits: string): Promise<Message>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

export const textOf = (message: Message | undefined): string => JSON.stringify(message?.blocks ?? null);

/** @param over `sockets`: Socket Mode beside HTTP */
export async function openDoor(over: "http" | "sockets" = "http"): Promise<DoorStage> {
  const standIn = await createSlackStandIn({
    port: 0,
    signingSecret: SIGNING_SECRET,
    botToken: SETTINGS.botToken,
    appToken: APP_TOKEN,
    rateLimits: false,
  });
  const rows = new MemoryRows();
  const accepted: Acceptance[] = [];
  const audited: AuditEntry[] = [];
  const refused: string[] = [];
  const states: SocketState[] = [];
  const gate = { open: Promise.resolve() };
  const ports = portsOf(rows, audited);
  const commands = await loadCommands();
  const engine = { commands, ports, store: storeOf(rows, { accepted, gate, ports, commands }) };
  const app = fastify();
  app.setErrorHandler(async (error, request, reply) => answerError(error, request, reply));
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const deps: SlackDoorDeps = {
    settings: { ...SETTINGS, appToken: over === "sockets" ? APP_TOKEN : null, apiUrl: `${standIn.url}/api/` },
    ports,
    commands,
    publications: rows.publications,
    run: (request) => runCommand(request, engine),
    log: silent,
    onRefusedRequest: (why) => void refused.push(why),
    onSockets: (state) => void states.push(state),
  };
  await registerSlackDoor(app, deps);
  app.post("/other", async (request) => ({ got: request.body }));
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  standIn.deliverTo(`${url}/slack/events`);
  const holdStore = () => {
    const held = Promise.withResolvers<void>();
    gate.open = held.promise;
    return held.resolve;
  };
  const close = async () => {
    await app.close();
    await standIn.close();
  };
  const slack = createSlackClient(standIn.url);
  const whispered = (user: string, fits: string) =>
    slack.waitForMessage("C0OPS", (message) => message.visible_to === user && textOf(message).includes(fits), { user });
  const reset = async () => {
    await slack.clear();
    await slack.clearFaults();
    rows.operations.clear();
    rows.incidents.clear();
    for (const { rows: table } of [rows.requests, rows.plans]) table.clear();
    rows.direct.clear();
    for (const list of [accepted, audited, refused]) list.length = 0;
  };
  return { slack, standIn, app, deps, states, rows, accepted, audited, refused, holdStore, whispered, reset, close };
}

function portsOf(rows: MemoryRows, audited: AuditEntry[]): Ports {
  return {
    ...rows.ports({ now: () => Date.now() }),
    audit: {
      append: async (entry) => audited.push(entry),
      search: async () => [],
      verify: async () => ({ rows: audited.length, unbroken: true, firstBad: null, head: "", anchors: null }),
    },
    pager: { acknowledge: async () => {}, ringAgain: async () => {}, resolve: async () => {} },
    events: quietEvents(() => Date.now()),
    overrides: memoryOverrides({ now: () => Date.now() }),
  };
}
