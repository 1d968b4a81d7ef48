import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, afterEach, expect, inject, test } from "vitest";
import { keysOf } from "../../protocol/keys.ts";
import { openEventBus } from "./event-bus.ts";

const fleet = `letters-${randomUUID().slice(0, 8)}`;
const keys = keysOf(fleet);
const redis = new Redis(inject("redisUrl"));
const events = openEventBus({ url: inject("redisUrl"), fleet });
const DAY_MS = 86_400_000;
const TOPICS = ["invoice.due", "order.placed"];

afterEach(() => redis.del(...TOPICS.map(keys.deadLetters)));
afterAll(() => {
  redis.disconnect();
  events.close();
});

/** A letter that was put aside so long ago. @returns its id */
async function put(topic: string, agoMs: number): Promise<string> {
  const [seconds] = await redis.time();
  return String(await redis.xadd(keys.deadLetters(topic), `${Number(seconds) * 1000 - agoMs}-*`, "reason", "x"));
}
const left = async (topic: string) => (await redis.xrange(keys.deadLetters(topic), "-", "+")).map(([id]) => id);

test("letters that are older than is kept are dropped and counted, on every topic, and no others", async () => {
  await put("invoice.due", 9 * DAY_MS);
  await put("invoice.due", 7 * DAY_MS + 60_000);
  const young = await put("invoice.due", 7 * DAY_MS - 60_000);
  await put("order.placed", 8 * DAY_MS);
  const limits = { topics: [...TOPICS, "never.used"], keepMs: 7 * DAY_MS, most: 100 };
  expect(await events.dropLetters(limits)).toEqual({ byAge: 3, byNumber: 0 });
  expect([await left("invoice.due"), await left("order.placed")]).toEqual([[young], []]);
  expect(await events.dropLetters(limits)).toEqual({ byAge: 0, byNumber: 0 });
});

test("of too many the oldest are dropped, to the letter, and counted apart", async () => {
  await put("order.placed", 9 * DAY_MS);
  const ids: string[] = [];
  for (let n = 250; n > 0; n -= 1) ids.push(await put("order.placed", n * 2000));
  expect(await events.dropLetters({ topics: TOPICS, keepMs: 7 * DAY_MS, most: 201 })).toEqual({
    byAge: 1,
    byNumber: 49,
  });
  expect(await left("order.placed")).toEqual(ids.slice(49));
});

test("without topics nothing is asked", async () => {
  expect(await events.dropLetters({ topics: [], keepMs: 1, most: 1 })).toEqual({ byAge: 0, byNumber: 0 });
});
