import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type OpenFleetBus, openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import type { ControlMessage } from "@rollcall/core/protocol.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { type FaultProxy, startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";

const FLEET = "faults";
const keys = keysOf(FLEET);
let scratch: string;
const pairs: { readonly server: RunningRedis; readonly admin: Redis }[] = [];
let way: FaultProxy;
let bus: OpenFleetBus;

async function startOne() {
  const port = await findFreePort();
  const dataDir = join(scratch, `redis-${port}`);
  const logFile = join(scratch, `redis-${port}.log`);
  const server = await startRedis({ toolsDir: inject("toolsDir"), dataDir, logFile, port, password: "test" });
  const admin = new Redis(server.url, { maxRetriesPerRequest: null });
  admin.on("error", () => undefined);
  await admin.config("SET", "masterauth", "test");
  return { server, admin };
}
const pairOf = (index: number) => pairs[index] as (typeof pairs)[number];
const adminOf = (index: number): Redis => pairOf(index).admin;
const portOf = (index: number): number => Number(new URL(pairOf(index).server.url).port);

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "rollcall-faults-"));
  // Whichever is up first, a server and its admin keep one place.
  pairs.push(...(await Promise.all([startOne(), startOne()])));
});
afterAll(async () => {
  for (const { admin } of pairs) admin.disconnect();
  await Promise.all(pairs.map(({ server }) => server.child.stop()));
  await rm(scratch, { recursive: true, force: true });
});
beforeEach(async () => {
  for (const { admin } of pairs) {
    await admin.replicaof("NO", "ONE");
    await admin.config("SET", "maxmemory", "0", "maxmemory-policy", "noeviction", "min-replicas-to-write", "0");
    await admin.flushall();
  }
  way = await startFaultProxy(portOf(0));
  bus = openFleetBus({
    url: `redis://default:test@127.0.0.1:${way.port}`,
    fleet: FLEET,
    fleetKey: "a fleet key of at least 32 characters",
  });
  await bus.check();
});
afterEach(async () => {
  bus.close();
  await way.close();
});

const messageOf = (id: string): ControlMessage => ({
  v: 1,
  id,
  kind: "echo",
  epoch: null,
  deadline: Date.now() + 30_000,
  replyTo: null,
  args: {},
});
const send = (id: string) => bus.send([{ agent: "billing", message: messageOf(id) }]);
const waiting = (index = 0) => adminOf(index).xlen(keys.inbox("billing"));
async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
const back = (withinMs: number) =>
  secondsOf(() => vi.waitFor(() => send("after"), { timeout: withinMs, interval: 100 }));
const linkUp = (index: number) =>
  vi.waitFor(async () => expect(await adminOf(index).info("replication")).toContain("master_link_status:up"), {
    timeout: 15_000,
  });

describe("Redis fails over", () => {
  test("R4: the old master has become a replica: the next order is refused by it, and leads to the new master", async () => {
    await adminOf(1).replicaof("127.0.0.1", portOf(0));
    await linkUp(1);
    await send("before");
    await adminOf(1).replicaof("NO", "ONE");
    await adminOf(0).replicaof("127.0.0.1", portOf(1));
    way.retarget(portOf(1));
    await expect(send("lost")).rejects.toMatchObject({
      code: "unavailable",
      message: "Redis is a read-only replica",
    });
    expect(await back(15_000)).toBeLessThan(15);
    await bus.check();
  }, 40_000);

  test("R4: the old master is frozen: orders go to the new master within 15 s, and none to the old one when it wakes", async () => {
    await send("before");
    const frozen = pairOf(0).server.child;
    frozen.signal("SIGSTOP");
    try {
      way.retarget(portOf(1));
      await expect(send("lost")).rejects.toMatchObject({ code: "unavailable" });
      expect(await back(15_000)).toBeLessThan(15);
    } finally {
      frozen.signal("SIGCONT");
    }
    await adminOf(0).ping();
    const old = await waiting(0);
    await send("later");
    expect(await waiting(0)).toBe(old);
    expect(await waiting(1)).toBe(2);
  }, 40_000);

  test("R5: a master that has lost its replica takes no order, and does again when the replica is back", async () => {
    const link = await startFaultProxy(portOf(0));
    try {
      await adminOf(1).replicaof("127.0.0.1", link.port);
      await linkUp(1);
      await adminOf(0).config("SET", "min-replicas-to-write", "1", "min-replicas-max-lag", "1");
      await vi.waitFor(() => bus.check(), { timeout: 10_000 });
      link.swallow("both");
      await vi.waitFor(
        () => expect(bus.check()).rejects.toMatchObject({ message: expect.stringContaining("too few replicas") }),
        { timeout: 10_000 },
      );
      await expect(send("refused")).rejects.toMatchObject({ code: "unavailable" });
      expect(await waiting()).toBe(0);
      link.heal();
      link.cut();
      await vi.waitFor(() => send("taken"), { timeout: 15_000, interval: 200 });
      expect(await waiting()).toBe(1);
    } finally {
      await link.close();
    }
  }, 60_000);
});

describe("Redis has no room", () => {
  test("R6: with full memory it still answers, but its check and every order say that it takes nothing", async () => {
    const used = Number(/used_memory:(\d+)/.exec(await adminOf(0).info("memory"))?.[1]);
    await adminOf(0).config("SET", "maxmemory", String(used + 2_000_000));
    const fill = async () => {
      for (let n = 0; n < 100; n += 1) await adminOf(0).set(`filler-${n}`, "x".repeat(100_000));
    };
    await expect(fill()).rejects.toThrow(/OOM/);
    await adminOf(0).config("SET", "maxmemory", "1");
    await expect(bus.now()).resolves.toBeGreaterThan(0);
    await expect(bus.check()).rejects.toMatchObject({ message: "Redis takes nothing: its memory is full" });
    await expect(send("refused")).rejects.toMatchObject({ message: "Redis takes nothing: its memory is full" });
    await adminOf(0).config("SET", "maxmemory", "0");
    await bus.check();
    await send("taken");
    expect(await waiting()).toBe(1);
  });

  test("R7: with an eviction policy that throws messages away its check fails, and says how to mend it", async () => {
    await adminOf(0).config("SET", "maxmemory-policy", "allkeys-lru");
    await expect(bus.check()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/maxmemory-policy is allkeys-lru; set noeviction/),
    });
    await adminOf(0).config("SET", "maxmemory-policy", "noeviction");
    await bus.check();
  });
});

describe("Redis is slow or silent", () => {
  test("R8: while it pauses, 500 calls end within 4.5 s, the process stays quick, and work goes on afterwards", async () => {
    const delay = monitorEventLoopDelay();
    await adminOf(0).client("PAUSE", 4500, "ALL");
    delay.enable();
    const seconds = await secondsOf(async () => {
      const calls = await Promise.allSettled(Array.from({ length: 500 }, () => bus.now()));
      expect(calls.every(({ status }) => status === "rejected")).toBe(true);
    });
    delay.disable();
    expect(seconds).toBeLessThan(4.5);
    expect(delay.percentile(99) / 1e6).toBeLessThan(250);
    expect(await back(10_000)).toBeLessThan(10);
  }, 30_000);

  test("R8: an answer that is only late is taken", async () => {
    way.delay(800);
    await send("late");
    expect(await waiting()).toBe(1);
  });

  test("R9: a link that swallows everything is noticed within 5 s by writer and reader, and used again within 2 s of healing", async () => {
    const read = () => bus.collectReplies({ replyTo: keys.replies("none"), expected: 1, timeoutMs: 60_000 });
    const reading = secondsOf(() => expect(read()).rejects.toMatchObject({ code: "unavailable" }));
    await bus.now();
    way.swallow("both");
    const takenBefore = way.taken();
    const writing = secondsOf(() => expect(bus.now()).rejects.toMatchObject({ code: "unavailable" }));
    expect(await writing).toBeLessThan(5);
    // It may have begun to wait 2 s before the link broke.
    expect(await reading).toBeLessThan(7);
    // Both were given up, and a new connection of each has fallen into the silence: it stays deaf after healing.
    await vi.waitFor(() => expect(way.taken()).toBeGreaterThanOrEqual(takenBefore + 2), {
      timeout: 15_000,
      interval: 20,
    });
    way.heal();
    expect(await back(10_000)).toBeLessThanOrEqual(2);
    await expect(bus.collectReplies({ replyTo: "x", expected: 1, timeoutMs: 10 })).resolves.toEqual([]);
  }, 30_000);
});

describe("an answer of Redis is lost", () => {
  test("R2: an order whose answer is lost is said as unavailable, and is not sent a second time behind our back", async () => {
    way.eatReplyTo("xadd");
    await expect(send("once")).rejects.toMatchObject({ code: "unavailable" });
    expect(way.eaten()).toBe(1);
    await bus.now();
    expect(await waiting()).toBe(1);
  });

  test("R2: all connections are reset: calls under way fail with them and not at their time limit, and the next ones work", async () => {
    way.delay(1000);
    const lost = { code: "unavailable", cause: expect.objectContaining({ name: "MaxRetriesPerRequestError" }) };
    const under = expect(bus.now()).rejects.toMatchObject(lost);
    await vi.waitFor(() => adminOf(0).ping());
    way.cut();
    way.heal();
    await under;
    expect(await back(5000)).toBeLessThan(5);
  });

  test("an answer that is no protocol at all ends the connection, not the process", async () => {
    way.flipNextByte();
    await bus.now().catch((error: unknown) => expect(error).toMatchObject({ code: "unavailable" }));
    expect(await back(10_000)).toBeLessThan(10);
  });
});
