import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFleetFile } from "@rollcall/core/fleet-file.ts";
import { type Envelope, matchTopics } from "@rollcall/core/protocol.ts";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createEvent } from "../event.ts";
import { findHandler, type WorkContext } from "../handler.ts";
import { createApiCalls } from "../metrics/api-calls.ts";
import type { Behaviour } from "./behaviour.ts";
import { DECLARED, TOPICS } from "./declared.ts";
import { BEHAVIOURS } from "./fleet.ts";

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const STEP_MS = 25;

/** All 22 behaviours on a bus in memory, in simulated time. */
class SimulatedFleet {
  /** By run: its steps and its outcome, as they were reported. */
  readonly runs = new Map<string, (number | string)[]>();
  readonly published: Envelope[] = [];
  readonly failures: unknown[] = [];
  readonly stopped = new Set<string>();
  readonly #queues = new Map<string, (() => unknown)[]>();
  readonly #working = new Set<string>();
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #due = new Map<object, number>();

  async load(dir: string): Promise<void> {
    for (const [id, load] of Object.entries(BEHAVIOURS)) {
      const make = await load();
      this.#behaviours.set(id, await make({ dir: await mkdtemp(join(dir, `${id}-`)), log: SILENT }));
      this.#queues.set(id, []);
    }
  }

  async run(seconds: number): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      for (const [id, behaviour] of this.#behaviours) {
        this.#plan(id, behaviour);
        void this.#work(id);
      }
      await this.#step();
    }
  }

  /** Lets nobody begin anything more, and what is begun end: its timers are not the next fleet's. */
  async end(): Promise<void> {
    for (const queue of this.#queues.values()) queue.length = 0;
    while (this.#working.size > 0) await this.#step();
  }

  backlog = (): number => Math.max(...[...this.#queues.values()].map((queue) => queue.length));
  count = (topic: string): number => this.published.filter(({ type }) => type === topic).length;

  deliver(event: Envelope): void {
    this.published.push(event);
    for (const [id, { handle = {} }] of this.#behaviours) {
      const wants = DECLARED[id]?.consumes.some((pattern) => matchTopics(pattern, [event.type]).length > 0);
      const handler = findHandler(handle, event.type);
      if (wants && handler) this.#queues.get(id)?.push(() => handler(event, this.#context(id, event)));
    }
  }

  /**
   * Who works waits for a timer or for a real file. Time stands still until no file is waited for: else a busy disk
   * would make the simulated work slower than the simulated time.
   */
  async #step(): Promise<void> {
    await vi.advanceTimersByTimeAsync(STEP_MS);
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#working.size > vi.getTimerCount());
  }

  #plan(id: string, { periodic = [] }: Behaviour): void {
    for (const work of periodic) {
      const due = this.#due.get(work) ?? Date.now() + (work.firstAfterMs ?? work.everyMs);
      if (due <= Date.now() && !this.stopped.has(id)) this.#queues.get(id)?.push(() => work.run(this.#context(id)));
      this.#due.set(work, due <= Date.now() ? due + work.everyMs : due);
    }
  }

  async #work(id: string): Promise<void> {
    if (this.#working.has(id)) return;
    this.#working.add(id);
    const queue = this.#queues.get(id) ?? [];
    while (queue.length > 0 && !this.stopped.has(id)) {
      try {
        await queue.shift()?.();
      } catch (error) {
        this.failures.push(error);
      }
    }
    this.#working.delete(id);
  }

  #context(id: string, cause?: Envelope): WorkContext {
    return {
      agent: id,
      log: SILENT,
      now: () => Date.now(),
      signal: new AbortController().signal,
      publish: async (topic, data, { correlationId, runId } = {}) => {
        expect(DECLARED[id]?.publishes).toContain(topic);
        this.deliver(createEvent({ agent: id, topic, data, at: Date.now(), correlationId, runId, cause }));
      },
      calls: createApiCalls(),
      runs: {
        start: async ({ id: run }) => void this.runs.set(run, []),
        step: async (run, step) => void this.runs.get(run)?.push(step),
        end: async (run, outcome) => void this.runs.get(run)?.push(outcome),
      },
    };
  }
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "rollcall-fleet-"));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterAll(async () => {
  vi.useRealTimers();
  await rm(dir, { recursive: true, maxRetries: 5 });
});

describe("the sample fleet", () => {
  test("declares what fleet.yaml says", async () => {
    const file = await readFleetFile(join(import.meta.dirname, "../../../fleet.yaml"));
    const listed = file.agents.map(({ id, consumes, publishes }) => [id, { consumes, publishes }]);
    expect(DECLARED).toEqual(Object.fromEntries(listed));
    expect(Object.keys(BEHAVIOURS).toSorted()).toEqual(Object.keys(DECLARED).toSorted());
  });

  test("handles every topic that it declares to consume", async () => {
    const fleet = new SimulatedFleet();
    await fleet.load(dir);
    for (const [id, { consumes }] of Object.entries(DECLARED)) {
      const { handle = {} } = await (await BEHAVIOURS[id]?.())!({ dir, log: SILENT });
      for (const topic of consumes.flatMap((pattern) => matchTopics(pattern, TOPICS))) {
        expect(findHandler(handle, topic), `${id} ${topic}`).toBeDefined();
      }
    }
  });

  test("works in steady state: orders complete, a content run ends before the next one, nothing piles up", {
    timeout: 60_000,
  }, async () => {
    const fleet = new SimulatedFleet();
    await fleet.load(dir);
    await fleet.run(300);
    expect(fleet.failures).toEqual([]);
    expect(fleet.count("orders.received")).toBeGreaterThan(1100);
    expect(fleet.count("orders.completed")).toBeGreaterThan(900);
    for (const rare of ["orders.rejected", "stock.short", "payments.declined"]) {
      expect(fleet.count(rare), rare).toBeGreaterThan(0);
      expect(fleet.count(rare), rare).toBeLessThan(300);
    }
    expect(fleet.count("orders.late")).toBe(0);
    expect(fleet.count("content.requested")).toBe(24);
    expect(fleet.count("deliveries.sent")).toBe(24);
    expect(fleet.count("content.run-finished")).toBe(1);
    const content = [...fleet.runs].filter(([run]) => run.startsWith("run-")).map(([, said]) => said);
    expect(content).toEqual([[...Array.from({ length: 24 }, (_, index) => index + 1), "completed"]]);
    const orders = [...fleet.runs].filter(([run]) => run.startsWith("o-")).map(([, said]) => said.at(-1));
    expect(orders.filter((last) => last === "completed").length).toBe(fleet.count("orders.completed"));
    expect(orders.filter((last) => last === "cancelled").length).toBeGreaterThanOrEqual(fleet.count("orders.rejected"));
    expect(fleet.count("chats.answered")).toBeGreaterThan(50);
    expect(fleet.count("metrics.daily")).toBeGreaterThanOrEqual(9);
    expect(fleet.count("api.budget-low")).toBe(0);
    expect(fleet.backlog()).toBeLessThan(30);
    await fleet.end();
  });

  test("reports orders late when billing stops, once each, and completes them when it is back", {
    timeout: 60_000,
  }, async () => {
    const fleet = new SimulatedFleet();
    await fleet.load(dir);
    fleet.stopped.add("billing");
    await fleet.run(100);
    const late = fleet.published.filter(({ type }) => type === "orders.late").map(({ data }) => data.order);
    expect(late.length).toBeGreaterThan(50);
    expect(new Set(late).size).toBe(late.length);
    expect(fleet.count("orders.completed")).toBe(0);
    fleet.stopped.delete("billing");
    await fleet.run(60);
    expect(fleet.count("orders.completed")).toBeGreaterThan(300);
    await fleet.end();
  });

  test("parks what does not fit, instead of trying again", async () => {
    const { handle = {} } = await (await BEHAVIOURS["order-validator"]?.())!({ dir, log: SILENT });
    const event = createEvent({ agent: "shop", topic: "orders.received", data: { order: 7 }, at: 0 });
    const context = {} as WorkContext;
    await expect((async () => handle["orders.received"]?.(event, context))()).rejects.toThrow("data.order is missing");
    const noAmount = { ...event, data: { order: "o-1" } };
    await expect((async () => handle["orders.received"]?.(noAmount, context))()).rejects.toThrow("data.amountCents");
  });
});

describe("files of the sample fleet", () => {
  test("order numbers go on after a crash and never repeat", async () => {
    const { openNumbers } = await import("./numbers.ts");
    const first = await openNumbers(dir, "numbers");
    const given = [await first(), await first(), await first()];
    const second = await openNumbers(dir, "numbers");
    given.push(await second());
    expect(new Set(given).size).toBe(4);
    expect(given[3]).toBeGreaterThan(3);
  });

  test("the archive holds two files of bounded size", async () => {
    const archive = await mkdtemp(join(dir, "archive-"));
    const { handle = {} } = await (await BEHAVIOURS["archive-writer"]?.())!({ dir: archive, log: SILENT });
    const data = { text: "x".repeat(200_000) };
    const event = createEvent({ agent: "test", topic: "orders.received", data, at: 0 });
    for (let index = 0; index < 60; index += 1) await handle["orders.*"]?.(event, {} as WorkContext);
    const sizes = await Promise.all(
      ["record.jsonl", "record.jsonl.1"].map(async (name) => (await readFile(join(archive, name))).length),
    );
    expect(Math.max(...sizes)).toBeLessThan(6 * 1024 * 1024);
  });

  test("a content run that was started goes on after a restart, and no second one begins beside it", async () => {
    const runDir = await mkdtemp(join(dir, "run-"));
    const published: string[] = [];
    const context = {
      now: () => Date.now(),
      publish: async (topic: string) => void published.push(topic),
      runs: { start: async () => undefined, step: async () => undefined, end: async () => undefined },
    } as unknown as WorkContext;
    const start = async () => (await BEHAVIOURS["content-orchestrator"]?.())!({ dir: runDir, log: SILENT });
    const first = await start();
    await vi.advanceTimersByTimeAsync(25_000);
    await first.periodic?.[0]?.run(context);
    expect(published).toHaveLength(24);
    const second = await start();
    await vi.advanceTimersByTimeAsync(25_000);
    await second.periodic?.[0]?.run(context);
    expect(published).toHaveLength(24);
    const { id } = JSON.parse(await readFile(join(runDir, "run.json"), "utf8"));
    for (let index = 1; index <= 24; index += 1) {
      const data = { run: id, advisor: `advisor-${index}` };
      const event = createEvent({ agent: "distribution-manager", topic: "deliveries.sent", data, at: Date.now() });
      await second.handle?.["deliveries.*"]?.(event, context);
    }
    expect(published.at(-1)).toBe("content.run-finished");
    await second.handle?.["api.budget-low"]?.(
      createEvent({ agent: "k", topic: "api.budget-low", data: {}, at: 0 }),
      context,
    );
  });
});
