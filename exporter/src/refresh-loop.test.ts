import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RefreshLoop } from "./refresh-loop.ts";
import type { Snapshot } from "./snapshot.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** When readings of this length begin, in seconds since the first, within ten seconds; older than ten they are not shown. */
async function beginnings(readingMs: number, end: "well" | "badly"): Promise<number[]> {
  const found: number[] = [];
  const loop = new RefreshLoop({
    read: async () => {
      found.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, readingMs));
      if (end === "badly") throw new Error("Redis is away");
      return {} as Snapshot;
    },
    ...{ refreshSeconds: 1, maxAgeSeconds: 10, onProblem: () => undefined, onRecovery: () => undefined },
  });
  loop.start();
  await vi.advanceTimersByTimeAsync(10_000);
  loop.stop();
  return found.map((at) => Math.round((at - (found[0] ?? 0)) / 100) / 10);
}

describe("RefreshLoop", () => {
  test("a reading that is quick is followed by the next after one period", async () => {
    expect((await beginnings(100, "well")).slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  test("a reading that takes longer than a period is followed by a pause as long as itself", async () => {
    expect(await beginnings(2000, "well")).toEqual([0, 4, 8]);
  });

  test("the pause is shorter when the next reading would come too late to replace this one", async () => {
    expect(await beginnings(3000, "well")).toEqual([0, 5.5]);
  });

  test("a reading so long that the next comes too late is followed by it almost at once", async () => {
    expect(await beginnings(4500, "well")).toEqual([0, 4.6, 9.2]);
  });

  test("a reading that fails is tried again without a longer pause", async () => {
    expect((await beginnings(2000, "badly")).slice(0, 3)).toEqual([0, 2, 4]);
  });
});
