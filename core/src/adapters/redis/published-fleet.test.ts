import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { type CompiledFleet, PROTOCOL_VERSION } from "../../protocol.ts";
import { PublishedFleet } from "./published-fleet.ts";

const key = `published-${randomUUID()}`;
const compiled = (version: number): CompiledFleet => ({
  ...{ v: PROTOCOL_VERSION, fleet: "demo", version, at: 1, agents: [], topics: [] },
});

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
});
beforeEach(() => redis.del(key));
afterAll(async () => {
  await redis.del(key);
  redis.disconnect();
});

describe("the list of expected agents on the bus", () => {
  test("is parsed anew only when it has changed", async () => {
    const published = new PublishedFleet(redis, key);
    const own = compiled(1);
    await published.publish(own);
    const first = await new PublishedFleet(redis, key).read();
    expect(first).toEqual(compiled(1));
    expect(await published.read(), "what was published from here").toBe(own);
    await redis.set(key, JSON.stringify(compiled(2)));
    const second = await published.read();
    expect(second).toEqual(compiled(2));
    expect(await published.read()).toBe(second);
    await redis.set(key, "{}");
    expect(await published.read()).toBeNull();
    await redis.del(key);
    expect(await published.read()).toBeNull();
  });

  test("is read at most twice for a hundred who ask at once, and by nobody who asks soon after", async () => {
    const published = new PublishedFleet(redis, key);
    await published.publish(compiled(3));
    const read = vi.spyOn(redis, "getBuffer");
    const ask = () => Promise.all(Array.from({ length: 100 }, () => published.recent()));
    expect(await ask()).toEqual(Array.from({ length: 100 }, () => compiled(3)));
    const reads = read.mock.calls.length;
    expect(reads).toBeLessThanOrEqual(2);
    await ask();
    expect(read).toHaveBeenCalledTimes(reads);
  });

  test("is read again as soon as it was published from here", async () => {
    const published = new PublishedFleet(redis, key);
    await published.publish(compiled(4));
    await published.recent();
    await published.publish(compiled(5));
    expect(await published.recent()).toEqual(compiled(5));
  });
});
