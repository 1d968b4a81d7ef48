import { randomBytes } from "node:crypto";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import type { LimitStore, NamedLimit } from "../ports/limit-store.ts";
import { createLimitUses } from "./postgres/limit-uses.ts";
import { migrate } from "./postgres/migrate.ts";
import { createPool, type Pool } from "./postgres/pool.ts";
import { openLimitUses, type RedisLimitUses } from "./redis/limit-uses.ts";

const limit = (name: string, most: number, seconds: number): NamedLimit => ({ name, most, seconds, what: "uses" });
const somebody = (): string => `person:${randomBytes(6).toString("hex")}`;

interface Stage {
  readonly one: LimitStore;
  /** Another control service on the same store. */
  readonly other: LimitStore;
  close(): Promise<void>;
}

const CONNECTIONS = 5;
/** One after another: forty that are opened at once may take a busy machine longer than anybody waits for one. */
async function openAll(pool: Pool): Promise<void> {
  const clients = [];
  for (let opened = 0; opened < CONNECTIONS; opened += 1) clients.push(await pool.connect());
  for (const client of clients) client.release();
}

const inPostgres = async (): Promise<Stage> => {
  const { url, drop } = await createTestDatabase();
  await migrate({ url });
  const pools: Pool[] = [1, 2].map((number) => createPool({ url, name: `limits-${number}`, size: CONNECTIONS }));
  for (const pool of pools) await openAll(pool);
  return {
    one: createLimitUses(pools[0] as Pool),
    other: createLimitUses(pools[1] as Pool),
    async close() {
      await Promise.all(pools.map((pool) => pool.end()));
      await drop();
    },
  };
};

const inRedis = async (): Promise<Stage> => {
  const place = {
    url: inject("redisUrl"),
    fleet: `limits-${randomBytes(4).toString("hex")}`,
    clock: { now: Date.now },
  };
  const [one, other] = [openLimitUses(place), openLimitUses(place)] as [RedisLimitUses, RedisLimitUses];
  const probe = { principal: somebody(), wish: null, limits: [] };
  await vi.waitFor(() => Promise.all([one.take(probe), other.take(probe)]), 10_000);
  return {
    ...{ one, other },
    async close() {
      one.close();
      other.close();
    },
  };
};

describe.each([
  ["PostgreSQL", inPostgres],
  ["Redis", inRedis],
])("limits counted in %s", (_, open) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await open();
  });
  afterAll(() => stage.close());

  test("let so many in and no more, and say when the next one is free", async () => {
    const use = { principal: somebody(), wish: null, limits: [limit("acts", 3, 60)] };
    const before = Date.now();
    for (let times = 0; times < 3; times += 1) expect(await stage.one.take(use)).toBeNull();
    const usedUp = await stage.one.take(use);
    expect(usedUp?.name).toBe("acts");
    // The first of the three is free a minute after it was taken.
    expect(usedUp?.freeAt).toBeGreaterThanOrEqual(before + 59_000);
    expect(usedUp?.freeAt).toBeLessThanOrEqual(Date.now() + 61_000);
  });

  test("are the same for all control services, and for each person their own", async () => {
    const limits = [limit("acts", 2, 60)];
    const use = { principal: somebody(), wish: null, limits };
    expect([await stage.one.take(use), await stage.other.take(use)]).toEqual([null, null]);
    expect(await stage.other.take(use)).toMatchObject({ name: "acts" });
    expect(await stage.one.take(use)).toMatchObject({ name: "acts" });
    expect(await stage.one.take({ ...use, principal: somebody() })).toBeNull();
  });

  test("hold when many come at once by two control services", async () => {
    for (let round = 0; round < 5; round += 1) {
      const use = { principal: somebody(), wish: null, limits: [limit("acts", 10, 60)] };
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_unused, at) => (at % 2 === 0 ? stage.one : stage.other).take(use)),
      );
      expect(answers.filter((answer) => answer === null)).toHaveLength(10);
    }
  });

  test("are free again after their time, not before", async () => {
    const use = { principal: somebody(), wish: null, limits: [limit("acts", 1, 1)] };
    expect(await stage.one.take(use)).toBeNull();
    const usedUp = await stage.one.take(use);
    expect(usedUp).not.toBeNull();
    await vi.waitFor(async () => expect(await stage.one.take(use)).toBeNull(), { timeout: 10_000, interval: 100 });
    expect(Date.now()).toBeGreaterThanOrEqual((usedUp?.freeAt ?? 0) - 5);
  });

  test("count a use that is over one of them under none", async () => {
    const principal = somebody();
    const both = { principal, wish: null, limits: [limit("minute", 5, 60), limit("hour", 1, 3600)] };
    expect(await stage.one.take(both)).toBeNull();
    expect(await stage.one.take(both)).toMatchObject({ name: "hour" });
    const minute = { principal, wish: null, limits: [limit("minute", 5, 60)] };
    for (let times = 0; times < 4; times += 1) expect(await stage.one.take(minute)).toBeNull();
    expect(await stage.one.take(minute)).toMatchObject({ name: "minute" });
  });
});

describe("limits counted in PostgreSQL", () => {
  test("do not count the same wish again, and take any text as a name", async () => {
    const stage = await inPostgres();
    const use = {
      principal: "person:'; drop table limit_uses; --",
      wish: "slack:1.2.abc",
      limits: [limit("acts", 1, 60)],
    };
    expect([await stage.one.take(use), await stage.other.take(use)]).toEqual([null, null]);
    expect(await stage.one.take({ ...use, wish: "slack:another" })).toMatchObject({ name: "acts" });
    await stage.close();
  });
});

describe("limits counted in Redis", () => {
  test("leave nothing behind once their time is over", async () => {
    const fleet = `limits-${randomBytes(4).toString("hex")}`;
    const uses = openLimitUses({ url: inject("redisUrl"), fleet, clock: { now: Date.now } });
    const redis = new Redis(inject("redisUrl"));
    const use = { principal: somebody(), wish: null, limits: [limit("reads", 5, 1)] };
    await vi.waitFor(() => uses.take(use), 10_000);
    expect(await redis.keys(`rc:{${fleet}}:*`)).toHaveLength(1);
    await vi.waitFor(async () => expect(await redis.keys(`rc:{${fleet}}:*`)).toEqual([]), { timeout: 10_000 });
    uses.close();
    redis.disconnect();
  });

  test("say at once that Redis is away", async () => {
    const uses = openLimitUses({ url: "redis://127.0.0.1:1", fleet: "away", clock: { now: Date.now } });
    const use = { principal: somebody(), wish: null, limits: [limit("reads", 5, 1)] };
    await expect(uses.take(use)).rejects.toMatchObject({ code: "unavailable" });
    uses.close();
  });
});
