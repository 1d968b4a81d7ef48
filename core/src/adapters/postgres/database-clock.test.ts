import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createDatabaseClock } from "./database-clock.ts";
import { createPool } from "./pool.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => store.close());

const HOUR_MS = 3_600_000;
const storeNow = async (): Promise<number> => {
  const { rows } = await store.pool.query("select clock_timestamp() as now");
  return (rows[0].now as Date).getTime();
};
const hostIsWrongBy = (ms: number): void => {
  const { now } = Date;
  vi.spyOn(Date, "now").mockImplementation(() => now() + ms);
};

describe("database clock", () => {
  test("is the host's until PostgreSQL was asked", () => {
    const before = Date.now();
    expect(createDatabaseClock(store.pool).now()).toBeGreaterThanOrEqual(before);
  });

  test.each([
    ["an hour ahead", HOUR_MS],
    ["an hour behind", -HOUR_MS],
  ])("is PostgreSQL's on a host whose clock is %s, and says by how much", async (_, wrongMs) => {
    hostIsWrongBy(wrongMs);
    const clock = createDatabaseClock(store.pool);
    const before = await storeNow();
    await clock.ask();
    const now = clock.now();
    const after = await storeNow();
    // Half of the question's way at most.
    expect(now).toBeGreaterThanOrEqual(before - 1000);
    expect(now).toBeLessThanOrEqual(after + 1000);
    expect(Math.abs(clock.skewMs() - wrongMs)).toBeLessThan(5000);
  });

  test("goes on when the host's clock jumps, and when PostgreSQL is away", async () => {
    const away = createPool({ url: "postgres://nobody@127.0.0.1:1/nothing", name: "away" });
    const clock = createDatabaseClock({
      query: ((...call: unknown[]) =>
        Reflect.apply((isAway ? away : store.pool).query, isAway ? away : store.pool, call)) as typeof away.query,
    });
    let isAway = false;
    await clock.ask();
    const before = clock.now();
    isAway = true;
    hostIsWrongBy(HOUR_MS);
    await expect(clock.ask()).rejects.toMatchObject({ code: "unavailable" });
    expect(clock.now() - before).toBeGreaterThanOrEqual(0);
    expect(clock.now() - before).toBeLessThan(HOUR_MS / 2);
    await away.end();
  });
});
