import { describe, expect, test } from "vitest";
import { Failure } from "../../domain/failure.ts";
import { AgedCache } from "./aged-cache.ts";

const LIMITS = { freshMs: 5, staleMs: 30, keepMs: 600, restMs: 2, entries: 2, loadsAtOnce: 2 };

function setUp() {
  const clock = { now: 1000 };
  const cache = new AgedCache<number>(() => clock.now, LIMITS);
  const waiting: PromiseWithResolvers<number>[] = [];
  const load = (): Promise<number> => {
    waiting.push(Promise.withResolvers<number>());
    return waiting.at(-1)!.promise;
  };
  /** Asks, and lets the load it begins end with this value. */
  const fill = async (key: string, value: number) => {
    const asked = cache.get(key, load);
    waiting.at(-1)?.resolve(value);
    return asked;
  };
  return { clock, cache, load, fill, waiting };
}

describe("AgedCache", () => {
  test("loads once for all who ask at the same time", async () => {
    const { cache, load, waiting } = setUp();
    const asked = [cache.get("a", load), cache.get("a", load), cache.get("a", load)];
    waiting[0]?.resolve(7);
    expect((await Promise.all(asked)).map(({ value }) => value)).toEqual([7, 7, 7]);
    expect(waiting).toHaveLength(1);
  });

  test("says of what moment a value is, and serves an old one while it loads a new one", async () => {
    const { clock, cache, load, fill, waiting } = setUp();
    await fill("a", 1);
    clock.now += 20;
    expect(await cache.get("a", load)).toEqual({ value: 1, at: 1000, problem: null });
    waiting[1]?.resolve(2);
    await expect.poll(async () => (await cache.get("a", load)).value).toBe(2);
    expect(await cache.get("a", load)).toEqual({ value: 2, at: 1020, problem: null });
    expect(waiting).toHaveLength(2);
  });

  test("waits for a new value once the old one is too old", async () => {
    const { clock, fill } = setUp();
    await fill("a", 1);
    clock.now += 31;
    expect(await fill("a", 2)).toEqual({ value: 2, at: 1031, problem: null });
  });

  test("serves what it has with the problem while loading fails, and nothing when that is too old", async () => {
    const { clock, cache, load, fill, waiting } = setUp();
    await fill("a", 1);
    clock.now += 100;
    const asked = cache.get("a", load);
    waiting[1]?.reject(new Failure("unavailable", "Prometheus does not answer"));
    expect(await asked).toEqual({ value: 1, at: 1000, problem: "Prometheus does not answer" });
    // Whoever fails is left alone for a moment.
    await cache.get("a", load);
    expect(waiting).toHaveLength(2);
    clock.now += 501;
    const late = cache.get("a", load);
    waiting[2]?.reject(new Failure("unavailable", "still away"));
    await expect(late).rejects.toThrow("still away");
  });

  test("never keeps more entries, nor loads more at once, than it may", async () => {
    const { cache, load, fill, waiting } = setUp();
    await fill("a", 1);
    await fill("b", 2);
    await cache.get("a", load);
    await fill("c", 3);
    expect((await cache.get("a", load)).value).toBe(1);
    expect((await fill("b", 22)).value).toBe(22);
    const running = [cache.get("x", load), cache.get("y", load)];
    await expect(cache.get("z", load)).rejects.toMatchObject({ code: "too_many_requests" });
    for (const one of waiting) one.resolve(0);
    await Promise.all(running);
    expect((await fill("z", 9)).value).toBe(9);
  });
});
