// One process that answers for many agents over real Redis, with sealed heartbeats and sealed answers.
import { openBroadcasts, publicBroadcastKey } from "@rollcall/core/protocol/broadcast-seal.ts";
import { INBOX_GROUP, keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey, openSeal, seal } from "@rollcall/core/protocol/seal.ts";
import {
  type ControlMessage,
  type ControlReply,
  type Heartbeat,
  PROTOCOL_MINOR,
  PROTOCOL_VERSION,
} from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import { simulatedId } from "./simulated-fleet.ts";

const { REDIS_URL = "", ROLLCALL_FLEET = "", ROLLCALL_FLEET_KEY = "", AGENTS = "0", SAYS = "{}" } = process.env;
const INBOXES_A_CONNECTION = 100;
/** A beat of each agent every 5 s, spread evenly so that no burst stands in the way of an answer. */
const BEAT_ROUNDS = 50;
const BEAT_EVERY_MS = 100;
const EPOCH = 1;
/** Agents of which nobody waits for the others: the first answers are on their way while the last are made. */
const ANSWERS_AT_ONCE = 250;

interface Simulated {
  readonly id: string;
  readonly key: string;
}
type Entry = [id: string, fields: string[]];

const keys = keysOf(ROLLCALL_FLEET);
const says = JSON.parse(SAYS) as Partial<Heartbeat>;
const agents: readonly Simulated[] = Array.from({ length: Number(AGENTS) }, (_, index) => {
  const id = simulatedId(index);
  return { id, key: deriveAgentKey(ROLLCALL_FLEET_KEY, id) };
});
const byInbox = new Map(agents.map((agent) => [keys.inbox(agent.id), agent]));
const writer = connect();
const openBroadcast = openBroadcasts(publicBroadcastKey(ROLLCALL_FLEET_KEY));
const startedAt = Date.now();
/** What a real agent keeps in its ledger: each id takes effect once, a repeat is answered with the first outcome. */
const ledger = new Set<string>();
/** Agents that a drill took effect at, and drills that were delivered, repeats included. */
const ordered = new Set<string>();
let deliveries = 0;
let counter = 0;

for (let first = 0; first < agents.length; first += INBOXES_A_CONNECTION)
  await makeGroups(agents.slice(first, first + INBOXES_A_CONNECTION));
await beat(agents);
for (let first = 0; first < agents.length; first += INBOXES_A_CONNECTION)
  void answerFor(agents.slice(first, first + INBOXES_A_CONNECTION));
void answerBroadcasts();
let round = 0;
setInterval(() => {
  round = (round + 1) % BEAT_ROUNDS;
  void beat(agents.filter((_, index) => index % BEAT_ROUNDS === round));
}, BEAT_EVERY_MS);
process.send?.("ready");
process.on("message", () => process.send?.({ effects: ledger.size, deliveries, agents: ordered.size }));
process.on("disconnect", () => process.exit(0));

function connect(): Redis {
  const redis = new Redis(REDIS_URL, { retryStrategy: () => 200, maxRetriesPerRequest: null });
  redis.on("error", (error: Error) => console.error(`simulated agents: ${error.message}`));
  return redis;
}

async function makeGroups(some: readonly Simulated[]): Promise<void> {
  const pipeline = writer.pipeline();
  for (const { id } of some) pipeline.xgroup("CREATE", keys.inbox(id), INBOX_GROUP, "0", "MKSTREAM");
  await pipeline.exec();
}

async function beat(some: readonly Simulated[]): Promise<void> {
  if (some.length === 0) return;
  counter += 1;
  const [seconds, micros] = await writer.time();
  const at = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  await writer
    .pipeline()
    .zadd(keys.beats, ...some.flatMap(({ id }) => [at, id]))
    .hset(keys.presence, ...some.flatMap(({ id, key }) => [id, seal(key, heartbeatOf(id, at))]))
    .exec();
}

function heartbeatOf(agent: string, at: number): Heartbeat {
  return {
    ...{ v: PROTOCOL_VERSION, agent, epoch: EPOCH, counter, at, clockSkewMs: 0, startedAt, startedBy: null },
    ...{ version: "1.0.0", activity: "idle", inFlight: 0, oldestInFlightAt: null, inboxReadAt: at },
    ...{ minor: PROTOCOL_MINOR, broadcastReadAt: at },
    ...{ canary: { handledAt: at, tookMs: 1, waitingSince: null }, tasks: {}, cpuSeconds: 1, rssBytes: 1 },
    ...{ eventLoopDelaySeconds: 0, host: "simulated", runtime: { kind: "process", name: agent } },
    ...{ publishes: [], consumes: [] },
    ...says,
  };
}

async function answerFor(some: readonly Simulated[]): Promise<never> {
  const reader = connect();
  const inboxes = some.map(({ id }) => keys.inbox(id));
  const news = inboxes.map(() => ">");
  for (;;) {
    const found = (await reader.xreadgroup(
      ...(["GROUP", INBOX_GROUP, "simulated", "COUNT", 10, "BLOCK", 2000, "STREAMS"] as const),
      ...inboxes,
      ...news,
    )) as [inbox: string, entries: Entry[]][] | null;
    const pipeline = writer.pipeline();
    for (const [inbox, entries] of found ?? []) {
      for (const [, fields] of entries) answer(byInbox.get(inbox) as Simulated, fields, pipeline);
      pipeline.xack(inbox, INBOX_GROUP, ...entries.map(([id]) => id));
    }
    if (found !== null) await pipeline.exec();
  }
}

/** One connection hears for all, as a host of many agents would, and checks the signature once; each answers for itself. */
async function answerBroadcasts(): Promise<never> {
  const reader = connect();
  for (let last = `${startedAt}-0`; ; ) {
    const found = await reader.xread("BLOCK", 2000, "STREAMS", keys.broadcast, last);
    const entries = found?.[0]?.[1] ?? [];
    last = entries.at(-1)?.[0] ?? last;
    for (const [, fields] of entries) await answerForAll(openBroadcast(fields[fields.indexOf("m") + 1] ?? ""));
  }
}

async function answerForAll(json: string | null): Promise<void> {
  if (json === null) return;
  const message = JSON.parse(json) as ControlMessage;
  for (let first = 0; first < agents.length; first += ANSWERS_AT_ONCE) {
    const pipeline = writer.pipeline();
    for (const agent of agents.slice(first, first + ANSWERS_AT_ONCE)) obey(agent, message, pipeline);
    await pipeline.exec();
  }
}

function answer(agent: Simulated, fields: readonly string[], pipeline: ReturnType<Redis["pipeline"]>): void {
  const json = openSeal(agent.key, fields[fields.indexOf("m") + 1] ?? "");
  if (json !== null) obey(agent, JSON.parse(json) as ControlMessage, pipeline);
}

function obey({ id: agent, key }: Simulated, message: ControlMessage, pipeline: ReturnType<Redis["pipeline"]>): void {
  const isRepeated = message.kind === "drill" && ledger.has(message.id);
  if (message.kind === "drill") {
    deliveries += 1;
    if (!isRepeated) process.send?.({ acted: agent, at: performance.timeOrigin + performance.now() });
    ledger.add(message.id);
    ordered.add(agent);
  }
  if (message.replyTo === null) return;
  const outcome = isRepeated ? "repeated" : "done";
  const reply: ControlReply = {
    ...{ v: PROTOCOL_VERSION, id: message.id, agent, epoch: EPOCH, at: Date.now(), outcome, detail: null },
    ...{ nonce: message.args.nonce ?? null, waitedMs: 0, tookMs: 0 },
  };
  pipeline.xadd(message.replyTo, "*", "agent", agent, "m", seal(key, reply)).expire(message.replyTo, 600);
}
