import { describe, expect, test } from "vitest";
import { Failure } from "../domain/failure.ts";
import type { LogLine } from "../domain/log-line.ts";
import type { LogPiece, LogSource } from "../ports/log-source.ts";
import { type CollectWatch, collectFrom } from "./collect-logs.ts";

const NOW = Date.parse("2026-11-30T03:00:00Z");

/** A place whose lines are numbered, and a store that keeps them with their place, as PostgreSQL does. */
class World {
  now = NOW;
  readonly written: string[] = [];
  readonly lines: LogLine[] = [];
  readonly problems: string[] = [];
  readonly told: (string | null)[] = [];
  readonly counted = { leftOut: 0, lostBytes: 0, kept: 0 };
  cursor: string | null = null;
  keeps = 0;
  reads = 0;
  perRead = 10;
  isAway: string | null = null;
  isStoreAway = false;
  lostBytes = 0;
  linesPerSecond = 100;

  readonly source: LogSource = {
    name: "supervisor",
    read: async (cursor): Promise<LogPiece> => {
      this.reads += 1;
      if (this.isAway !== null) throw new Failure("unavailable", this.isAway);
      const from = Number(cursor ?? 0);
      const texts = this.written.slice(from, from + this.perRead);
      const lines = texts.map((text) => ({
        source: "billing",
        kind: "agent" as const,
        text,
        at: null,
        isError: false,
      }));
      const to = from + texts.length;
      const { lostBytes } = this;
      this.lostBytes = 0;
      return { lines, cursor: String(to), hasMore: to < this.written.length, lostBytes };
    },
  };

  collector(): () => Promise<void> {
    const { source, linesPerSecond } = this;
    return collectFrom({
      source,
      store: this.#store,
      clock: { now: () => this.now },
      linesPerSecond,
      keptDays: 7,
      watch: this.#watch,
    });
  }

  readonly #store: Parameters<typeof collectFrom>[0]["store"] = {
    cursor: async () => this.cursor,
    keep: async ({ before, after, lines }) => {
      if (this.isStoreAway) throw new Failure("unavailable", "PostgreSQL is away");
      if (before !== this.cursor) return false;
      this.keeps += 1;
      this.cursor = after;
      this.lines.push(...lines);
      return true;
    },
    noteProblem: async (_, problem) => void this.problems.push(problem),
  };

  readonly #watch: CollectWatch = {
    kept: ({ lines, leftOut, lostBytes }) => {
      this.counted.kept += lines.length;
      this.counted.leftOut += leftOut;
      this.counted.lostBytes += lostBytes;
    },
    failed: () => undefined,
    problem: (_, problem) => void this.told.push(problem),
  };

  write(count: number, at = this.now): void {
    for (let index = 0; index < count; index += 1)
      this.written.push(`${new Date(at).toISOString()} info line ${this.written.length}`);
  }
  texts = (): string[] => this.lines.map(({ text }) => text);
}

describe("collectFrom", () => {
  test("brings each line into the store once, in its order, over as many pieces as it takes", async () => {
    const world = new World();
    world.write(45);
    const pass = world.collector();
    await pass();
    await pass();
    expect(world.texts()).toEqual(Array.from({ length: 45 }, (_, index) => `line ${index}`));
    expect(world.counted).toEqual({ kept: 45, leftOut: 0, lostBytes: 0 });
  });

  test("a pass ends after 20 pieces, so that other work gets its turn, and the next goes on", async () => {
    const world = new World();
    world.write(250);
    const pass = world.collector();
    await pass();
    expect([world.reads, world.lines.length]).toEqual([20, 200]);
    await pass();
    expect(world.lines).toHaveLength(250);
  });

  test("two that collect from one place keep no line twice, and the one that was overtaken goes on from there", async () => {
    const world = new World();
    const [one, other] = [world.collector(), world.collector()];
    world.write(5);
    await Promise.all([one(), other()]);
    for (const next of [other, one]) {
      world.write(5);
      // It learns that it was overtaken, and goes on from there.
      await next();
      await next();
    }
    expect(world.texts()).toEqual(Array.from({ length: 15 }, (_, index) => `line ${index}`));
  });

  test("while the store is away nothing is lost, and nothing is taken for a flood when it is back", async () => {
    const world = new World();
    world.linesPerSecond = 1;
    world.write(1);
    const pass = world.collector();
    await pass();
    world.write(9);
    world.isStoreAway = true;
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(pass()).rejects.toMatchObject({ code: "unavailable" });
    world.isStoreAway = false;
    await pass();
    expect([world.lines.length, world.counted.leftOut]).toEqual([10, 0]);
  });

  test("a place that cannot be read is told once when it begins and once when it ends, however long it takes", async () => {
    const world = new World();
    world.isAway = "the supervisor does not answer";
    const pass = world.collector();
    for (let second = 0; second < 60; second += 1, world.now += 1000) await pass();
    expect(world.told).toEqual(["the supervisor does not answer"]);
    expect(world.problems.length).toBeLessThanOrEqual(13);
    world.isAway = null;
    await pass();
    await pass();
    expect(world.told).toEqual(["the supervisor does not answer", null]);
  });

  test("a place from which nothing comes is noted as read each five seconds, not each pass", async () => {
    const world = new World();
    const pass = world.collector();
    for (let second = 0; second < 20; second += 1, world.now += 1000) await pass();
    expect(world.keeps).toBe(4);
  });

  test("what is older than the kept days is not kept, and what was lost is counted", async () => {
    const world = new World();
    world.write(1, NOW - 8 * 86_400_000);
    world.write(1);
    world.lostBytes = 41;
    await world.collector()();
    expect(world.texts()).toEqual(["line 1"]);
    expect(world.counted.lostBytes).toBe(41);
  });
});

describe("who writes too much", () => {
  test("is cut to so many lines a second over ten seconds, and one line says by how much", async () => {
    const world = new World();
    world.perRead = 2000;
    const pass = world.collector();
    world.write(2240);
    await pass();
    expect([world.lines.length, world.counted.leftOut]).toEqual([1000, 1240]);
    world.now += 11_000;
    await pass();
    await pass();
    expect(world.lines.slice(1000)).toMatchObject([
      {
        source: "billing",
        level: "warn",
        text: "1,240 lines left out: more than 100 a second",
        fields: { left_out: "1240" },
      },
    ]);
  });

  test("is not the one whose lines waited for us: their own times count", async () => {
    const world = new World();
    for (let second = 60; second > 0; second -= 1) world.write(50, NOW - second * 1000);
    world.perRead = 2000;
    const pass = world.collector();
    await pass();
    expect([world.lines.length, world.counted.leftOut]).toEqual([3000, 0]);
  });

  test("leaves the others their lines", async () => {
    const world = new World();
    const { source } = world;
    world.perRead = 5000;
    world.write(5000);
    const both: LogSource = {
      name: source.name,
      read: async (cursor) => {
        const piece = await source.read(cursor);
        const quiet = { source: "quiet", kind: "agent" as const, text: "hello", at: null, isError: false };
        return { ...piece, lines: [...piece.lines, quiet] };
      },
    };
    Object.assign(world, { source: both });
    await world.collector()();
    expect(world.lines.filter((line) => line.source === "quiet")).toHaveLength(1);
  });
});
