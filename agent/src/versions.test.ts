import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { askAgents } from "@rollcall/core/ask-agents.ts";
import { INBOX_GROUP } from "@rollcall/core/protocol/keys.ts";
import { withContext } from "@rollcall/core/protocol/request-context.ts";
import { openSeal, seal } from "@rollcall/core/protocol/seal.ts";
import { envelope, heartbeat, PROTOCOL_MINOR, PROTOCOL_WORDS } from "@rollcall/core/protocol.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const IDLER = { consumes: [], publishes: [] };
const READER = { consumes: ["stock.reserved"], publishes: ["payments.captured"] };
const FLEET_KEY = "a fleet key of at least 32 characters";
/** What a control message of 1.0 may hold; an agent of that version may refuse everything else. */
const FIELDS_OF_1_0 = ["v", "id", "kind", "epoch", "deadline", "replyTo", "traceparent", "args"];
/** What a heartbeat of 1.0 holds; a control service of that version reads no more of it. */
const BEAT_1_0 = heartbeat.omit({
  minor: true,
  broadcastReadAt: true,
  figures: true,
  held: true,
  runs: true,
  health: true,
});
let stage: Stage;
let bus: ReturnType<typeof openFleetBus>;

beforeAll(async () => {
  const agents = { current: IDLER, old: IDLER, newer: IDLER, next: IDLER, reader: READER };
  stage = await createStage(inject("redisUrl"), agents);
  bus = openFleetBus({ url: inject("redisUrl"), fleet: stage.fleet, fleetKey: FLEET_KEY });
  await stage.start("current", IDLER);
});
afterAll(async () => {
  bus.close();
  await stage.close();
});

const seen = async (agent: string) => (await bus.readPresence([agent])).get(agent);

/** A heartbeat of an agent whose code is not ours: what a real one says, changed. */
async function beatAs(agent: string, changes: Record<string, unknown>): Promise<void> {
  const own = await stage.beatThat("current", "the first", () => true);
  const beat = Object.fromEntries(
    Object.entries({ ...own, agent, ...changes }).filter(([, value]) => value !== undefined),
  );
  await stage.admin.hset(stage.keys.presence, agent, seal(stage.keyOf(agent), beat));
}

/** Asks an agent while a request is under way, and returns what its inbox holds then. */
async function messageTo(agent: string): Promise<Record<string, unknown>> {
  await seen(agent);
  const context = { requestId: "req-1", correlationId: "order-1", customerId: "customer-1" };
  const question = { fleet: stage.fleet, kind: "echo", agents: [agent], epoch: null, timeoutMs: 1 } as const;
  await withContext(context, () => askAgents(bus, question));
  const [entry] = await stage.admin.xrevrange(stage.keys.inbox(agent), "+", "-", "COUNT", 1);
  return JSON.parse(openSeal(stage.keyOf(agent), entry?.[1][1] ?? "") ?? "null");
}

describe("an older agent and this control service", () => {
  test("a heartbeat that names no minor version is read, and counts as 1.0", async () => {
    await beatAs("old", { minor: undefined, broadcastReadAt: undefined });
    expect(await seen("old")).toMatchObject({ forged: false, beat: { agent: "old" } });
  });

  test("the agent is sent only what 1.0 knows; one of this version is sent the rest too", async () => {
    await beatAs("old", { minor: undefined, counter: 1_000 });
    const toOld = await messageTo("old");
    expect(Object.keys(toOld).filter((field) => !FIELDS_OF_1_0.includes(field))).toEqual([]);
    expect(await messageTo("current")).toMatchObject({
      minor: PROTOCOL_MINOR,
      requestid: "req-1",
      customerid: "customer-1",
    });
  });

  test("an agent that was never seen is sent what everybody understands", async () => {
    await stage.admin.xgroup("CREATE", stage.keys.inbox("next"), INBOX_GROUP, "0", "MKSTREAM");
    expect(Object.keys(await messageTo("next")).filter((field) => !FIELDS_OF_1_0.includes(field))).toEqual([]);
  });
});

describe("a newer agent and this control service", () => {
  test("fields of a later minor version are left out, wherever they stand", async () => {
    const runtime = { kind: "process", name: "newer", cgroup: "/x" };
    await beatAs("newer", { minor: 7, mood: "good", runtime });
    const found = await seen("newer");
    expect(found).toMatchObject({ forged: false, beat: { minor: 7, runtime: { kind: "process" } } });
    expect(JSON.stringify(found)).not.toMatch(/mood|cgroup/);
  });

  test("what is known is checked as before", async () => {
    await beatAs("newer", { minor: 7, mood: "good", counter: 1_001, inFlight: 0.5 });
    expect(await seen("newer")).toMatchObject({ forged: true });
  });

  test("a heartbeat of a megabyte is refused, whatever it says", async () => {
    await beatAs("newer", { minor: 7, counter: 1_002, mood: "x".repeat(1_000_000) });
    expect(await seen("newer")).toMatchObject({ forged: true });
  });

  test("another major version is no forgery: it is named, and the last heartbeat that was read goes on ageing", async () => {
    await beatAs("next", { counter: 5 });
    await seen("next");
    await beatAs("next", { v: 2, minor: 3, counter: 6, canary: "another form", at: 1_795_238_400_000 });
    const found = await seen("next");
    expect(found).toMatchObject({
      forged: false,
      beat: { counter: 5 },
      otherMajor: { version: "2.3", at: 1_795_238_400_000 },
    });
  });
});

describe("this agent and an older or newer control service", () => {
  test("an older one reads its heartbeats: what was there in 1.0 is as it was", async () => {
    const beat = await stage.beatThat("current", "of this version", ({ minor }) => minor === PROTOCOL_MINOR);
    expect(BEAT_1_0.safeParse(beat).error?.issues ?? []).toEqual([]);
  });

  test("an older one is answered: its messages name neither minor version nor request", async () => {
    expect((await stage.ask("current", "echo")).outcome).toBe("done");
  });

  test("a newer one is answered: what it adds is left out", async () => {
    const later = { minor: 9, priority: "high", args: { nonce: "n", colour: "red" } };
    expect(await stage.ask("current", "echo", later as object)).toMatchObject({ outcome: "done", nonce: "n" });
  });

  test("a message of another major version is not obeyed, and the log says which one it was", async () => {
    const warnings: unknown[] = [];
    const log = {
      info: () => undefined,
      error: () => undefined,
      warn: (_: string, facts?: object) => warnings.push(facts),
    };
    await stage.start("newer", { ...IDLER, log: log as never });
    const message = await stage.send("newer", "echo", { v: 2 as never });
    expect((await stage.ask("newer", "echo")).outcome).toBe("done");
    expect(await stage.replies(message)).toHaveLength(1 - 1);
    expect(JSON.stringify(warnings)).toContain(`it is of protocol 2.0, I speak ${PROTOCOL_WORDS}`);
  });
});

describe("events", () => {
  test("with attributes that a reader does not know are handled; of another major version they are parked with the reason", async () => {
    const handled: unknown[] = [];
    await stage.start("reader", {
      ...READER,
      handle: {
        "stock.reserved": async ({ data }, { publish }) => {
          handled.push(data.n);
          await publish("payments.captured", { n: data.n ?? null });
        },
      },
    });
    await stage.publish("stock.reserved", { n: 1 }, { protocol: "1.9", tenant: "eu" } as object);
    await stage.publish("stock.reserved", { n: 2 }, { protocol: "2.0" });
    const [letter] = await until("the one that cannot be read is parked", async () => {
      const letters = await stage.deadLetters("stock.reserved");
      return letters.length > 0 ? letters : null;
    });
    expect(letter?.reason).toContain(`protocol: another major version is not read here; this is ${PROTOCOL_WORDS}`);
    expect(handled).toEqual([1]);
    const published = await until("what it publishes", async () => {
      const [entry] = await stage.admin.xrange(stage.keys.topic("payments.captured"), "-", "+");
      return entry?.[1][1];
    });
    expect(envelope.parse(JSON.parse(published)).protocol).toBe(PROTOCOL_WORDS);
  });
});
