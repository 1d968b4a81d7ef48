import { randomUUID } from "node:crypto";
import { Batch } from "@rollcall/core/adapters/redis/raw-redis.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { closeTestBuses, openTestBus } from "../test/test-bus.ts";
import { estimateLag } from "./estimate-lag.ts";
import { takeGroups, takeStream } from "./read-streams.ts";
import type { GroupReading, StreamReading } from "./reading.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
afterAll(() => {
  redis.disconnect();
  closeTestBuses();
});

/** A stream of a hundred entries, one each second, and what the exporter reads of it. */
async function streamWith(group: string, change: (stream: string) => Promise<unknown>) {
  const stream = `lag-${randomUUID()}`;
  for (let second = 1; second <= 100; second += 1) await redis.xadd(stream, `${second * 1000}-0`, "e", "{}");
  await redis.xgroup("CREATE", stream, group, "0");
  await change(stream);
  const batch = new Batch();
  const found: { stream?: Omit<StreamReading, "groups"> | null; groups?: GroupReading[] | null } = {};
  batch.add(stream, ["XINFO", "STREAM", stream], (reply) => {
    found.stream = takeStream(reply);
  });
  batch.add(stream, ["XINFO", "GROUPS", stream], (reply) => {
    found.groups = takeGroups(reply);
  });
  await openTestBus(inject("redisUrl")).ask(batch);
  const [counters, one] = [found.stream, found.groups?.find(({ name }) => name === group)];
  if (counters == null || one === undefined) throw new Error("the stream was not read");
  return { lag: one.lag, estimate: estimateLag(counters, one) };
}

const read = (stream: string, count: number) =>
  redis.xreadgroup("GROUP", "g", "c", "COUNT", count, "STREAMS", stream, ">");

describe("the lag of a real group", () => {
  test("is exact where Redis tells it, and then nothing is estimated", async () => {
    expect(await streamWith("g", (stream) => read(stream, 30))).toEqual({ lag: 70, estimate: null });
  });

  test("is unknown after an entry that waits was deleted, and estimated close to what waits", async () => {
    const found = await streamWith("g", async (stream) => {
      await read(stream, 30);
      await redis.xdel(stream, "50000-0");
    });
    expect(found.lag).toBeNull();
    expect(Math.abs((found.estimate ?? 0) - 69)).toBeLessThanOrEqual(2);
  });

  test("is unknown for a group that was set to an id between two, and estimated close to what waits", async () => {
    const found = await streamWith("g", (stream) => redis.xgroup("SETID", stream, "g", "40500-0"));
    expect(found.lag).toBeNull();
    expect(Math.abs((found.estimate ?? 0) - 60)).toBeLessThanOrEqual(2);
  });

  test("is estimated as 0 only where no entry is left behind the last that was handed out", async () => {
    const found = await streamWith("g", async (stream) => {
      await read(stream, 98);
      await redis.xdel(stream, "99000-0", "100000-0");
    });
    expect(found).toEqual({ lag: null, estimate: 0 });
  });
});

describe("a real stream that a subscription has made and nobody has written to", () => {
  test("is read like any other: nothing in it, and nothing waits", async () => {
    const stream = `empty-${randomUUID()}`;
    await redis.xgroup("CREATE", stream, "g", "0", "MKSTREAM");
    const batch = new Batch();
    const found: unknown[] = [];
    batch.add(stream, ["XINFO", "STREAM", stream], (reply) => found.push(takeStream(reply)));
    batch.add(stream, ["XINFO", "GROUPS", stream], (reply) => found.push(takeGroups(reply)?.length));
    await openTestBus(inject("redisUrl")).ask(batch);
    expect(found).toEqual([{ entries: 0, added: 0, firstId: null, lastId: null, groups: [] }, 1]);
  });
});

describe("estimateLag", () => {
  const at = (lastDelivered: string, firstId: string | null = "1000-0", lastId: string | null = "9000-0") =>
    estimateLag({ entries: 9, firstId, lastId }, { lag: null, lastDelivered });

  test.each([
    ["nothing was handed out of what is there", "0-0", 9],
    ["all but the last was", "8999-0", 1],
    ["the last was", "9000-0", 0],
  ])("when %s", (_, lastDelivered, estimate) => {
    expect(at(lastDelivered)).toBe(estimate);
  });

  test("is at least 1 as long as an entry waits, and fewer than all when one was handed out", () => {
    expect(at("1000-0")).toBe(8);
    expect(at("5000-1", "5000-0", "5000-2")).toBe(1);
    expect(at("0-0", null, null)).toBe(0);
  });
});
