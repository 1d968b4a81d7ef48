import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { keysOf } from "../../protocol/keys.ts";
import { mendReadCounts } from "./mend-read-counts.ts";
import { readTopics } from "./read-topics.ts";

const TOPIC = "orders.received";
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

  test("is asked for again and again without being written again", async () => {
    await publish(10);
    await redis.xgroup("SETID", stream, "billing", "0", "ENTRIESREAD", 7);
    expect(await mendReadCounts(redis, keys, [TOPIC])).toBe(1);
    expect(await mendReadCounts(redis, keys, [TOPIC])).toBe(0);
  });
});
