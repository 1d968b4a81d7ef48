import { randomBytes } from "node:crypto";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { askAgents } from "@rollcall/core/ask-agents.ts";
import { deriveBroadcastKey, signBroadcast } from "@rollcall/core/protocol/broadcast-seal.ts";
import { seal } from "@rollcall/core/protocol/seal.ts";
import type { BroadcastMessage } from "@rollcall/core/protocol.ts";
import { createStage, type Stage, until } from "@rollcall/test/agent-stage.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

const IDLER = { consumes: [], publishes: [] };
const FLEET_KEY = "a fleet key of at least 32 characters";
let stage: Stage;
let bus: ReturnType<typeof openFleetBus>;
const epochs: Record<string, number> = {};

beforeAll(async () => {
  stage = await createStage(inject("redisUrl"), { one: IDLER, two: IDLER, without: IDLER, rogue: IDLER });
  bus = openFleetBus({ url: inject("redisUrl"), fleet: stage.fleet, fleetKey: FLEET_KEY });
  for (const name of ["one", "two"]) epochs[name] = (await stage.start(name, IDLER)).epoch;
  await stage.start("without", IDLER, { broadcastKey: undefined });
  for (const name of ["one", "two"]) {
    await stage.beatThat(name, "that it hears broadcasts", ({ broadcastReadAt }) => broadcastReadAt !== undefined);
  }
});
afterAll(async () => {
  bus.close();
  await stage.close();
});

async function messageOf(changes: Partial<BroadcastMessage> = {}): Promise<BroadcastMessage> {
  const id = `all-${randomBytes(6).toString("hex")}`;
  const deadline = (await stage.now()) + 10_000;
  const nonce = randomBytes(6).toString("hex");
  return {
    ...{ v: 1, id, kind: "echo", deadline, replyTo: stage.keys.replies(id), to: null, args: { nonce } },
    ...changes,
  };
}

/** Who answers, and what. */
async function broadcast(message: BroadcastMessage, expected = 2): Promise<Record<string, string>> {
  await bus.broadcast(message, ["one", "two"]);
  const answers = await bus.collectReplies({ replyTo: message.replyTo ?? "", expected, timeoutMs: 5000 });
  return Object.fromEntries(answers.map(({ agent, outcome }) => [agent, outcome]));
}

const ours = (message: unknown) => signBroadcast(deriveBroadcastKey(FLEET_KEY), message);

describe("a broadcast", () => {
  test("is one entry, and everybody who listens answers it", async () => {
    const before = await stage.admin.xlen(stage.keys.broadcast);
    expect(await broadcast(await messageOf())).toEqual({ one: "done", two: "done" });
    expect(await stage.admin.xlen(stage.keys.broadcast)).toBe(before + 1);
    expect((await stage.beat("without"))?.broadcastReadAt).toBeUndefined();
  });

  test("takes canaries through the work loop, as the inbox does", async () => {
    const message = await messageOf({ kind: "canary" });
    expect(await broadcast(message)).toEqual({ one: "done", two: "done" });
    await stage.beatThat("two", "with the canary", ({ canary }) => canary.handledAt !== null);
  });

  test("for some is left alone by the others, and refused by another epoch than it was meant for", async () => {
    const late = await messageOf({ to: { one: (epochs.one ?? 0) - 1, without: null } });
    expect(await broadcast(late, 1)).toEqual({ one: "refused" });
    expect(await broadcast(await messageOf({ to: { two: epochs.two ?? 0 } }), 1)).toEqual({ two: "done" });
  });

  test("is refused after its deadline", async () => {
    const message = await messageOf({ deadline: (await stage.now()) - 1 });
    expect(await broadcast(message)).toEqual({ one: "expired", two: "expired" });
  });

  test.each([
    ["sealed with the agent's own key", (message: unknown) => seal(stage.keyOf("one"), message)],
    ["of another fleet", (message: unknown) => signBroadcast(deriveBroadcastKey(`other ${FLEET_KEY}`), message)],
    ["not signed", (message: unknown) => JSON.stringify(message)],
    ["that would change something", (message: object) => ours({ ...message, kind: "stop" })],
    ["that is a drill", (message: object) => ours({ ...message, kind: "drill", args: { fault: "crash" } })],
    ["of another major version", (message: object) => ours({ ...message, v: 2 })],
    ["that is no JSON object", () => ours([])],
  ])("%s is obeyed by nobody", async (_, make) => {
    const message = await messageOf();
    await stage.admin.xadd(stage.keys.broadcast, "*", "m", make(message));
    // What comes behind it in the same stream is answered, so it has been read.
    expect(await broadcast(await messageOf())).toEqual({ one: "done", two: "done" });
    expect(await stage.admin.exists(message.replyTo ?? "")).toBe(0);
  });

  test("is trimmed by time: what no deadline can hold any more is gone", async () => {
    await stage.admin.del(stage.keys.broadcast);
    const old = String((await stage.now()) - 300_000);
    await stage.admin.xadd(stage.keys.broadcast, `${old}-0`, "m", "x");
    await broadcast(await messageOf());
    expect(await stage.admin.xlen(stage.keys.broadcast)).toBe(1);
  });

  test("is heard by an agent whose Redis lost its data and gives out earlier ids", async () => {
    await stage.admin.del(stage.keys.broadcast);
    const hour = String((await stage.now()) + 3_600_000);
    await stage.admin.xadd(stage.keys.broadcast, `${hour}-0`, "m", "x");
    await until("everybody has read it", async () => {
      const before = await stage.now();
      await stage.beatThat("one", "read since", ({ broadcastReadAt = 0 }) => broadcastReadAt >= before);
      return true;
    });
    await stage.admin.del(stage.keys.broadcast);
    expect(await broadcast(await messageOf())).toEqual({ one: "done", two: "done" });
  }, 30_000);
});

describe("a question to the fleet", () => {
  test("goes as one broadcast to those who listen, and through the inbox to the others", async () => {
    const agents = ["one", "two", "without"];
    const question = { fleet: stage.fleet, kind: "echo", agents, epoch: null, timeoutMs: 5000 } as const;
    const before = await stage.admin.xlen(stage.keys.inbox("one"));
    const { took } = await askAgents(bus, { ...question, listeners: new Set(["one", "two"]) });
    expect([...took.keys()].toSorted()).toEqual(agents);
    expect(await stage.admin.xlen(stage.keys.inbox("one"))).toBe(before);
    expect(await stage.admin.xlen(stage.keys.inbox("without"))).toBe(1);
  });

  test("is not answered with done by an agent whose own inbox cannot be read", async () => {
    await stage.admin.del(stage.keys.inbox("two"));
    await stage.admin.set(stage.keys.inbox("two"), "no stream");
    const answer = await until("two answers that it is deaf", async () => {
      const answers = await broadcast(await messageOf());
      return answers.two === "done" ? null : answers;
    });
    expect(answer).toEqual({ one: "done", two: "failed" });
    await stage.admin.del(stage.keys.inbox("two"));
  }, 30_000);
});

describe("an agent", () => {
  test.each([
    ["write a broadcast", ["XADD", "*", "m", "x"]],
    ["trim it", ["XTRIM", "MAXLEN", "0"]],
    ["remove it", ["DEL"]],
    ["make a group on it", ["XGROUP", "CREATE", "g", "0"]],
  ])("may not %s", async (_, [command = "", ...args]) => {
    const rogue = new Redis(stage.config("rogue").redisUrl, { enableReadyCheck: false });
    const words =
      command === "XGROUP" ? [args[0], stage.keys.broadcast, ...args.slice(1)] : [stage.keys.broadcast, ...args];
    await expect(rogue.call(command, ...(words as string[]))).rejects.toThrow("NOPERM");
    rogue.disconnect();
  });
});
