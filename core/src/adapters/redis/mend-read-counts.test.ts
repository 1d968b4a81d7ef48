import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { keysOf } from "../../protocol/keys.ts";
import { deriveRedisPassword } from "../../protocol/seal.ts";
import { redisUsers } from "./agent-access.ts";
import { openEventBus } from "./event-bus.ts";
import { mendReadCounts } from "./mend-read-counts.ts";
import { readTopics } from "./read-topics.ts";

const TOPIC = "orders.received";
const FLEET_KEY = "a fleet key of at least 32 characters";
const keys = keysOf("counts");
const stream = keys.topic(TOPIC);
let scratch: string;
let port: number;
let running: RunningRedis;
let redis: Redis;

async function start(): Promise<void> {
  const place = { toolsDir: inject("toolsDir"), dataDir: scratch, logFile: join(scratch, "log") };
  running = await startRedis({ ...place, port, password: "x" });
  redis = new Redis(running.url);
  redis.on("error", () => undefined);
}
async function stop(): Promise<void> {
  redis.disconnect();
  await running.child.stop();
}
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "counts-"));
  port = await findFreePort();
  await start();
}, 60_000);
afterAll(async () => {
  await stop();
  await rm(scratch, { recursive: true, force: true });
});
beforeEach(async () => {
  await redis.del(stream);
  await redis.xgroup("CREATE", stream, "billing", "0", "MKSTREAM");
});

async function publish(count: number): Promise<void> {
  const pipeline = redis.pipeline();
  for (let n = 0; n < count; n++) pipeline.xadd(stream, "*", "e", String(n));
  await pipeline.exec();
}
async function handle(count: number): Promise<void> {
  const answer = await redis.xreadgroup("GROUP", "billing", "billing", "COUNT", count, "STREAMS", stream, ">");
  const [[, entries]] = answer as [[string, [string, string[]][]]];
  await redis.xack(stream, "billing", ...entries.map(([id]) => id));
}
async function lag(): Promise<number | null | undefined> {
  const { topics } = await readTopics(redis, keys, [TOPIC]);
  return topics[0]?.groups[0]?.lag;
}

describe("what Redis says that a subscription has not read", () => {
  test("is right again after a start from an append-only file that was rewritten before the last reading", async () => {
    await publish(300);
    await handle(300);
    const rewritten = async () => expect(await redis.info("persistence")).toMatch(/aof_rewrite_in_progress:0/);
    const before = /aof_rewrites:(\d+)/.exec(await redis.info("persistence"))?.[1];
    await redis.bgrewriteaof();
    await vi.waitFor(async () => {
      await rewritten();
      expect(/aof_rewrites:(\d+)/.exec(await redis.info("persistence"))?.[1]).not.toBe(before);
    }, 30_000);
    await publish(100);
    await handle(97);
    await stop();
    await start();
    expect(await lag()).toBe(100);
    expect(await mendReadCounts(redis, keys, [TOPIC])).toBe(1);
    expect(await lag()).toBe(3);
    await handle(3);
    expect(await lag()).toBe(0);
  }, 90_000);

  test("is left alone where it is right, where more waits than is counted, and where nothing was published", async () => {
    await publish(150);
    expect(await mendReadCounts(redis, keys, [TOPIC, "orders.shipped"])).toBe(0);
    await redis.xgroup("SETID", stream, "billing", "0", "ENTRIESREAD", 20);
    await publish(150);
    expect(await mendReadCounts(redis, keys, [TOPIC])).toBe(0);
  });

  test("is mended by the Redis user of the control service, which may run no script", async () => {
    const control = redisUsers({ fleet: "counts", agents: [] }, FLEET_KEY).find(({ name }) => name === "control");
    await redis.call("ACL", "SETUSER", "control", ...(control?.rules ?? []));
    const url = new URL(running.url);
    url.username = "control";
    url.password = deriveRedisPassword(FLEET_KEY, "control");
    const bus = openEventBus({ url: url.href, fleet: "counts" });
    await publish(10);
    await redis.xgroup("SETID", stream, "billing", "0", "ENTRIESREAD", 7);
    expect(await bus.mendReadCounts([TOPIC])).toBe(1);
    bus.close();
    expect(await lag()).toBe(10);
  });

  test("is left for the next time where something is published between the count and its correction", async () => {
    await publish(10);
    await redis.xgroup("SETID", stream, "billing", "0", "ENTRIESREAD", 7);
    const late = new Redis(running.url);
    const watch = late.watch.bind(late);
    late.watch = (async (key: string) => {
      const answer = await watch(key);
      await redis.xadd(stream, "*", "e", "late");
      return answer;
    }) as typeof late.watch;
    expect(await mendReadCounts(late, keys, [TOPIC])).toBe(0);
    late.disconnect();
    expect(await mendReadCounts(redis, keys, [TOPIC])).toBe(1);
    expect(await lag()).toBe(11);
  });

  test("is asked for again and again without being written again", async () => {
    await publish(10);
    await redis.xgroup("SETID", stream, "billing", "0", "ENTRIESREAD", 7);
    expect(await mendReadCounts(redis, keys, [TOPIC])).toBe(1);
    expect(await mendReadCounts(redis, keys, [TOPIC])).toBe(0);
  });
});
