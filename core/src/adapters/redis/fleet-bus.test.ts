import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { keysOf } from "../../protocol/keys.ts";
import { deriveAgentKey, openSeal, seal } from "../../protocol/seal.ts";
import {
  type ControlMessage,
  type ControlReply,
  controlMessage,
  type Heartbeat,
  PROTOCOL_VERSION,
} from "../../protocol.ts";
import { openFleetBus } from "./fleet-bus.ts";

const fleet = `bus-${randomUUID().slice(0, 8)}`;
const fleetKey = "a fleet key of at least 32 characters";
const keys = keysOf(fleet);
const keyOf = (agent: string): string => deriveAgentKey(fleetKey, agent);

let redis: Redis;
let bus: ReturnType<typeof openFleetBus>;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
  bus = openFleetBus({ url: inject("redisUrl"), fleet, fleetKey });
});
afterAll(() => {
  redis.disconnect();
  bus.close();
});

async function beatOf(agent: string, change: Partial<Heartbeat> = {}): Promise<Heartbeat> {
  const now = await bus.now();
  return {
    v: PROTOCOL_VERSION,
    agent,
    epoch: 5,
    counter: 1,
    at: now,
    clockSkewMs: 0,
    startedAt: now,
    startedBy: null,
    version: "1.0.0",
    activity: "idle",
    inFlight: 0,
    oldestInFlightAt: null,
    inboxReadAt: now,
    canary: { handledAt: null, tookMs: null, waitingSince: null },
    tasks: {},
    cpuSeconds: 0,
    rssBytes: 0,
    eventLoopDelaySeconds: 0,
    host: "here",
    runtime: { kind: "process", name: agent },
    publishes: [],
    consumes: [],
    ...change,
  };
}

const write = (agent: string, sealed: string): Promise<number> => redis.hset(keys.presence, agent, sealed);
const read = async (agent: string) => (await bus.readPresence([agent])).get(agent);

describe("readPresence", () => {
  test("an agent that never reported has no beat", async () => {
    expect(await read("nobody")).toEqual({ beat: null, forged: false });
  });

  test("returns a beat that its agent has sealed", async () => {
    const beat = await beatOf("genuine");
    await write("genuine", seal(keyOf("genuine"), beat));
    expect(await read("genuine")).toEqual({ beat, forged: false });
  });

  test.each([
    ["sealed by another agent", async () => seal(keyOf("other"), await beatOf("wronged"))],
    ["about another agent", async () => seal(keyOf("wronged"), await beatOf("other"))],
    ["without a seal", async () => JSON.stringify(await beatOf("wronged"))],
    ["of another form", async () => seal(keyOf("wronged"), { v: 1 })],
    ["that is no JSON", async () => "v1.garbage"],
  ])("a beat %s is forged", async (_, make) => {
    await write("wronged", await make());
    expect(await read("wronged")).toEqual({ beat: null, forged: true });
  });

  test("an older beat written again is refused, and the newest genuine one stays", async () => {
    const old = await beatOf("replayed", { counter: 3 });
    const newest = await beatOf("replayed", { counter: 4 });
    await write("replayed", seal(keyOf("replayed"), newest));
    await read("replayed");
    await write("replayed", seal(keyOf("replayed"), old));
    expect(await read("replayed")).toEqual({ beat: newest, forged: true });
  });

  test("a new epoch may count from the start again", async () => {
    await write("restarted", seal(keyOf("restarted"), await beatOf("restarted", { epoch: 5, counter: 90 })));
    await read("restarted");
    const next = await beatOf("restarted", { epoch: 6, counter: 0 });
    await write("restarted", seal(keyOf("restarted"), next));
    expect(await read("restarted")).toEqual({ beat: next, forged: false });
  });

  test("a beat from the future counts from the moment it was seen", async () => {
    const now = await bus.now();
    await write("early", seal(keyOf("early"), await beatOf("early", { at: now + 3_600_000 })));
    const seen = (await read("early"))?.beat?.at ?? 0;
    expect(seen).toBeLessThan(now + 60_000);
    expect((await read("early"))?.beat?.at).toBe(seen);
  });
});

describe("the compiled fleet on the bus", () => {
  const compiled = { v: PROTOCOL_VERSION, fleet, version: 3, at: 1, agents: [], topics: [] } as const;
  test("is read as it was published", async () => {
    expect(await bus.readFleet()).toBeNull();
    await bus.publishFleet({ ...compiled, agents: [], topics: [] });
    expect(await bus.readFleet()).toEqual(compiled);
  });
  test("counts as not published if it has another form", async () => {
    await redis.set(keys.fleet, "{}");
    expect(await bus.readFleet()).toBeNull();
  });
});

test("planned work is kept with the time when it was last under way, and forgotten a quarter of an hour later", async () => {
  await redis.zadd(keys.plannedWork, (await bus.now()) - 16 * 60_000, "invoices restart op-1");
  const before = await bus.now();
  await bus.markPlannedWork([{ agent: "billing", work: "restart op-490" }]);
  const [member, at, ...others] = await redis.zrange(keys.plannedWork, "0", "-1", "WITHSCORES");
  expect([member, others]).toEqual(["billing restart op-490", []]);
  expect(Number(at)).toBeGreaterThanOrEqual(before);
});

test("the last canary round carries Redis time", async () => {
  expect(await bus.readCanaryRound()).toBeNull();
  const before = await bus.now();
  await bus.markCanaryRound();
  expect(await bus.readCanaryRound()).toBeGreaterThanOrEqual(before);
});

async function ask(agent: string, nonce: string): Promise<{ message: ControlMessage; replyTo: string }> {
  const replyTo = keys.replies(randomUUID());
  const message: ControlMessage = {
    v: PROTOCOL_VERSION,
    id: randomUUID(),
    kind: "echo",
    epoch: null,
    deadline: (await bus.now()) + 5000,
    replyTo,
    args: { nonce },
  };
  await bus.send([{ agent, message }]);
  return { message, replyTo };
}

function replyTo(message: ControlMessage, agent: string): ControlReply {
  return {
    v: PROTOCOL_VERSION,
    id: message.id,
    agent,
    epoch: 1,
    at: 1,
    outcome: "done",
    detail: null,
    nonce: message.args.nonce ?? null,
    waitedMs: null,
    tookMs: null,
  };
}

const answer = (stream: string, agent: string, sealed: string) => redis.xadd(stream, "*", "agent", agent, "m", sealed);

describe("send and collectReplies", () => {
  test("a message lies in the inbox sealed with its agent's key", async () => {
    const { message } = await ask("asked", "n1");
    const entries = await redis.xrange(keys.inbox("asked"), "-", "+");
    const json = openSeal(keyOf("asked"), entries[0]?.[1][1] ?? "");
    expect(controlMessage.parse(JSON.parse(json ?? ""))).toEqual(message);
  });

  test("an answer that comes later ends the wait at once", async () => {
    const { message, replyTo: stream } = await ask("billing", "n1");
    const seen: string[] = [];
    const collected = bus.collectReplies({
      replyTo: stream,
      expected: 1,
      timeoutMs: 15_000,
      onReply: (reply) => seen.push(reply.agent),
    });
    await answer(stream, "billing", seal(keyOf("billing"), replyTo(message, "billing")));
    expect(await collected).toEqual([replyTo(message, "billing")]);
    expect(seen).toEqual(["billing"]);
  });

  test.each([
    ["sealed by another agent", "billing", (reply: ControlReply) => seal(keyOf("other"), reply)],
    [
      "of an agent that was not asked",
      "other",
      (reply: ControlReply) => seal(keyOf("other"), { ...reply, agent: "other" }),
    ],
    ["to another question", "billing", (reply: ControlReply) => seal(keyOf("billing"), { ...reply, id: "another" })],
    ["with another nonce", "billing", (reply: ControlReply) => seal(keyOf("billing"), { ...reply, nonce: "old" })],
    ["in another's name", "other", (reply: ControlReply) => seal(keyOf("other"), reply)],
    ["of another form", "billing", () => seal(keyOf("billing"), { v: 1 })],
    ["without a seal", "billing", (reply: ControlReply) => JSON.stringify(reply)],
  ])("an answer %s is not counted", async (_, agent, sealed) => {
    const { message, replyTo: stream } = await ask("billing", "n1");
    await answer(stream, agent, sealed(replyTo(message, "billing")));
    expect(await bus.collectReplies({ replyTo: stream, expected: 1, timeoutMs: 50 })).toEqual([]);
    await answer(stream, "billing", seal(keyOf("billing"), replyTo(message, "billing")));
    expect(await bus.collectReplies({ replyTo: stream, expected: 1, timeoutMs: 15_000 })).toHaveLength(1);
  });

  test("an answer given twice counts once", async () => {
    const { message, replyTo: stream } = await ask("billing", "n1");
    const sealed = seal(keyOf("billing"), replyTo(message, "billing"));
    await answer(stream, "billing", sealed);
    await answer(stream, "billing", sealed);
    expect(await bus.collectReplies({ replyTo: stream, expected: 2, timeoutMs: 50 })).toHaveLength(1);
  });

  test("two who wait at the same time do not wait for each other", async () => {
    const slow = await ask("billing", "n1");
    const quick = await ask("invoices", "n2");
    const order: string[] = [];
    const first = bus
      .collectReplies({ replyTo: slow.replyTo, expected: 1, timeoutMs: 15_000 })
      .then(() => order.push("billing"));
    const second = bus
      .collectReplies({ replyTo: quick.replyTo, expected: 1, timeoutMs: 15_000 })
      .then(() => order.push("invoices"));
    await answer(quick.replyTo, "invoices", seal(keyOf("invoices"), replyTo(quick.message, "invoices")));
    await second;
    await answer(slow.replyTo, "billing", seal(keyOf("billing"), replyTo(slow.message, "billing")));
    await first;
    expect(order).toEqual(["invoices", "billing"]);
  });

  test("a stream of answers ends by itself", async () => {
    const { replyTo: stream } = await ask("billing", "n1");
    expect(await redis.ttl(stream)).toBeGreaterThan(0);
  });
});

describe("readWaiting", () => {
  test("tells lag and pending of each topic, and unknown where nothing is", async () => {
    const agent = {
      id: "billing",
      group: "orders",
      parent: null,
      does: "captures",
      labels: {},
      criticality: "P0",
      owner: "payments",
      runbook: null,
      consequence: "payments stopped",
      normalSeconds: 2,
      consumes: ["stock.*"],
      publishes: [],
      runtime: { kind: "process", name: "billing" },
      desired: { state: "running", by: null, since: null, reason: null },
    } as const;
    const topics = ["stock.reserved", "stock.short"];
    await bus.publishFleet({
      v: PROTOCOL_VERSION,
      fleet,
      version: 4,
      at: 1,
      agents: [{ ...agent, consumes: [...agent.consumes], publishes: [] }],
      topics,
    });
    const stream = keys.topic("stock.reserved");
    await redis.xadd(stream, "*", "e", "1");
    await redis.xadd(stream, "*", "e", "2");
    await redis.xgroup("CREATE", stream, "billing", "0");
    await redis.xreadgroup("GROUP", "billing", "billing", "COUNT", 1, "STREAMS", stream, ">");
    expect(await bus.readWaiting("billing")).toEqual([
      { topic: "stock.reserved", group: "billing", lag: 1, pending: 1 },
      { topic: "stock.short", group: "billing", lag: null, pending: 0 },
    ]);
    expect(await bus.readWaiting("nobody")).toEqual([]);
  });
});
