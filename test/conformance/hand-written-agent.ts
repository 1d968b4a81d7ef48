import { createHmac, createPublicKey, type KeyObject, randomBytes, verify } from "node:crypto";
import { hostname } from "node:os";
import { Redis } from "ioredis";

// An agent without the SDK, from docs/protocol.md alone; WRONG names the rules that it breaks.
const { AGENT: agent = "", FLEET: fleet = "", KEY: key = "", REDIS_URL: url = "", WRONG = "" } = process.env;
const { PUBLIC_KEY: publicKey = "", TOPIC: topic = "", CONSUMES: consumes = "" } = process.env;
const wrong = new Set(WRONG.split(","));
const redis = new Redis(url, { enableReadyCheck: false });
const ear = new Redis(url, { enableReadyCheck: false });
const epochKey = `rc:${fleet}:{agent:${agent}}:epoch`;
const inbox = `rc:${fleet}:{agent:${agent}}:inbox`;

const sign = (text: string): string => createHmac("sha256", key).update(text).digest("hex");
function seal(value: unknown, broken: boolean): string {
  const json = JSON.stringify(value);
  return `v1.${broken ? randomBytes(32).toString("hex") : sign(json)}.${json}`;
}
const now = async (): Promise<number> => {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
};

const epoch = Math.max(Number((await redis.get(epochKey)) ?? 0) + 1, await now());
await redis.set(epochKey, epoch);
const startedAt = await now();
let counter = 0;
let inboxReadAt = startedAt;
let handledAt: number | null = null;
let broadcastReadAt = startedAt;
const done = { done: 0, failed: 0, latency: Array.from({ length: 16 }, () => 0), latencySumSeconds: 0 };
const tasks = topic === "" ? {} : { [topic]: done };
const declared = wrong.has("subscriptions") ? ["never.read"] : consumes.split(",").filter((pattern) => pattern !== "");

async function beat(): Promise<void> {
  counter = wrong.has("counter") ? 1 : counter + 1;
  const at = (await now()) + (wrong.has("clock") ? 60_000 : 0);
  const body = {
    v: 1,
    agent,
    epoch: wrong.has("epoch") ? epoch - 1 : epoch,
    counter,
    at,
    clockSkewMs: 0,
    startedAt,
    startedBy: null,
    version: "1.0.0",
    activity: wrong.has("form") ? "dancing" : "idle",
    inFlight: wrong.has("held") ? 1 : 0,
    oldestInFlightAt: null,
    ...(publicKey === "" ? {} : { minor: 1, broadcastReadAt }),
    ...(wrong.has("held") ? { minor: 3, held: 0 } : {}),
    inboxReadAt: wrong.has("inbox-read") ? at - 60_000 : inboxReadAt,
    canary: { handledAt: wrong.has("canary-told") ? null : handledAt, tookMs: 0, waitingSince: null },
    tasks,
    cpuSeconds: 0,
    rssBytes: process.memoryUsage.rss(),
    eventLoopDelaySeconds: 0,
    host: wrong.has("counter") ? randomBytes(4).toString("hex") : hostname(),
    runtime: { kind: "process", name: agent },
    publishes: wrong.has("declared") ? ["gossip"] : [],
    consumes: declared,
  };
  await redis.zadd("rc:{F}:beats".replace("F", fleet), wrong.has("score") ? 7 : at, agent);
  await redis.hset("rc:{F}:presence".replace("F", fleet), agent, seal(body, wrong.has("seal")));
}

interface Message {
  readonly v: number;
  readonly id: string;
  readonly kind: string;
  readonly epoch: number | null;
  readonly deadline: number;
  readonly replyTo: string;
  readonly args: { nonce?: string; fault?: string };
}
const applied = new Map<string, string>();

async function outcomeOf(message: Message): Promise<[string, string | null]> {
  const known = applied.get(message.id);
  if (known !== undefined && !wrong.has("repeat")) return ["repeated", known];
  if (wrong.has("order-expired") && ["pause", "resume", "run", "health"].includes(message.kind)) return ["done", null];
  if (message.deadline < (await now()) && !wrong.has("expired")) return ["expired", "too late"];
  if (message.epoch !== null && message.epoch !== epoch && !wrong.has("epoch-fence")) return ["refused", "other epoch"];
  if (message.kind !== "drill") return ["done", null];
  if (message.args.fault !== "none" && !wrong.has("unknown-fault")) return ["refused", "no such fault"];
  applied.set(message.id, "done");
  return ["done", null];
}

async function obey(sealed: string): Promise<void> {
  const json = sealed.slice(68);
  if (sealed !== `v1.${sign(json)}.${json}` && !wrong.has("unsigned")) return;
  const message = JSON.parse(json) as Message;
  if (wrong.has("later-minor") && "urgency" in message) return;
  if (message.v !== 1 && !wrong.has("other-version")) return;
  if (!["echo", "canary", "stop", "drill"].includes(message.kind) && !wrong.has("unknown-kind") && !wrong.has("held"))
    return;
  if (!wrong.has(message.kind)) await answer(message);
}

async function answer(message: Message): Promise<void> {
  const [outcome, detail] = await outcomeOf(message);
  const isCanary = message.kind === "canary";
  if (isCanary) handledAt = await now();
  const reply = {
    v: 1,
    id: message.id,
    agent,
    epoch,
    at: await now(),
    outcome,
    detail,
    nonce: message.args.nonce ?? null,
    waitedMs: isCanary ? 0 : null,
    tookMs: isCanary ? 0 : null,
  };
  await redis.xadd(message.replyTo, "*", "agent", agent, "m", seal(reply, wrong.has("answer-seal")));
  if (!wrong.has("answer-expiry")) await redis.expire(message.replyTo, 600);
}

/** Hears what is told to all. */
async function hear(): Promise<never> {
  const der = Buffer.from(`302a300506032b6570032100${publicKey}`, "hex");
  const signer = createPublicKey({ key: der, format: "der", type: "spki" });
  const reader = new Redis(url, { enableReadyCheck: false });
  for (let last = `${startedAt}-0`; ; ) {
    const found = await reader.xread("BLOCK", 2000, "STREAMS", "rc:{F}:broadcast".replace("F", fleet), last);
    broadcastReadAt = await now();
    for (const [id, fields] of found?.[0]?.[1] ?? []) {
      last = id;
      await obeyBroadcast(fields[1] ?? "", signer);
    }
  }
}

async function obeyBroadcast(signed: string, signer: KeyObject): Promise<void> {
  const json = Buffer.from(signed.slice(132));
  const isGenuine = verify(null, json, signer, Buffer.from(signed.slice(3, 131), "hex"));
  if (!isGenuine && !wrong.has("broadcast-seal")) return;
  const message = JSON.parse(json.toString()) as Message & { readonly to: Record<string, number | null> | null };
  const meant = message.to?.[agent];
  if (message.to === null || meant !== undefined) await answer({ ...message, epoch: meant ?? null });
}

/** Works on one topic. */
async function work(): Promise<never> {
  const stream = `rc:${fleet}:{topic:${topic}}:stream`;
  const reader = new Redis(url, { enableReadyCheck: false });
  await reader.xgroup("CREATE", stream, agent, "0", "MKSTREAM").catch(() => undefined);
  for (;;) {
    const found = await reader.xreadgroup("GROUP", agent, agent, "BLOCK", 2000, "STREAMS", stream, ">");
    const [news] = (found ?? []) as [string, [string, string[]][]][];
    for (const [id, fields] of news?.[1] ?? []) {
      await handle(id, fields[1] ?? "");
      await redis.xack(stream, agent, id);
    }
  }
}

async function handle(id: string, text: string): Promise<void> {
  try {
    const event = JSON.parse(text) as { probe?: true };
    if (event.probe !== true || wrong.has("probe")) done.done += 1;
  } catch {
    const letter = ["e", text, "id", id, "group", agent, "reason", "not JSON", "attempts", "0"];
    if (!wrong.has("poison")) await redis.xadd(`rc:${fleet}:{topic:${topic}}:dead`, "*", ...letter);
  }
}

if (publicKey !== "" && !wrong.has("broadcast")) void hear();
if (topic !== "") void work();
const group = wrong.has("inbox-group") ? "own-idea" : "agent";
await ear.xgroup("CREATE", inbox, group, "0", "MKSTREAM").catch(() => undefined);
if (!wrong.has("beat")) {
  await beat();
  setInterval(() => void beat(), wrong.has("cadence") ? 8000 : 5000);
}
for (;;) {
  const found = await ear.xreadgroup("GROUP", group, agent, "BLOCK", 2000, "STREAMS", inbox, ">");
  inboxReadAt = await now();
  const [stream] = (found ?? []) as [string, [string, string[]][]][];
  for (const [id, fields] of stream?.[1] ?? []) {
    await obey(fields[1] ?? "");
    if (!wrong.has("acked")) await redis.xack(inbox, group, id);
  }
}
