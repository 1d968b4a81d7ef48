import { randomBytes } from "node:crypto";
import { createRuns, forgetRuns, storeReports } from "@rollcall/core/adapters/postgres/runs.ts";
import { openRunReports, type RunReports } from "@rollcall/core/adapters/redis/run-reports.ts";
import runsCommand from "@rollcall/core/commands/runs.ts";
import showCommand from "@rollcall/core/commands/runs-show.ts";
import { FakeFleet } from "@rollcall/core/fleet-fixture.ts";
import { seal } from "@rollcall/core/protocol/seal.ts";
import { runState } from "@rollcall/core/run-words.ts";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { createStage, type Stage, until } from "./agent-stage.ts";
import { openTestStore, type TestStore } from "./store-fixture.ts";

const FLEET_KEY = "a fleet key of at least 32 characters";
const DECLARED = {
  intake: { consumes: [], publishes: ["orders.received"] },
  packer: { consumes: ["orders.received"], publishes: ["orders.packed"] },
  closer: { consumes: ["orders.packed"], publishes: [] },
  stranger: { consumes: [], publishes: [] },
};

let stage: Stage;
let store: TestStore;
let reports: RunReports;
beforeAll(async () => {
  [stage, store] = await Promise.all([createStage(inject("redisUrl"), DECLARED), openTestStore()]);
  reports = openRunReports({ url: inject("redisUrl"), fleet: stage.fleet, fleetKey: FLEET_KEY });
});
afterEach(async () => {
  await store.pool.query("truncate runs cascade");
  await stage.admin.del(stage.keys.runs);
});
afterAll(async () => {
  reports.close();
  await stage.close();
  await store.close();
});

const runs = () => createRuns(store.pool);
/** What the leader does every two seconds. */
async function fold(): Promise<void> {
  for (;;) {
    const { ids, reports: found } = await reports.take();
    if (ids.length === 0) return;
    await storeReports(store.pool, found);
    await reports.settle(ids);
  }
}
async function say(
  agent: keyof typeof DECLARED,
  said: Record<string, unknown>,
  key = stage.keyOf(agent),
): Promise<void> {
  const report = { v: 1, agent, at: Date.now(), ...said };
  await stage.admin.xadd(stage.keys.runs, "*", "agent", agent, "m", seal(key, report));
}
const start = (run: string, more: Record<string, unknown> = {}) =>
  say("intake", {
    kind: "start",
    run,
    name: "order",
    of: 3,
    parent: null,
    endedBy: ["closer"],
    withinSeconds: 60,
    ...more,
  });
const end = (run: string, agent: keyof typeof DECLARED = "closer", more: Record<string, unknown> = {}) =>
  say(agent, { kind: "end", run, outcome: "completed", detail: null, ...more });
const find = async (id: string) => (await runs().find(id))?.run ?? null;

const reading = () => {
  const fake = new FakeFleet("intake", "packer").reading();
  return { ...fake, ports: { ...fake.ports, bus: { ...fake.ports.bus, now: async () => Date.now() }, runs: runs() } };
};

describe("a run over three agents of the SDK, on real Redis and PostgreSQL", () => {
  test("is begun by the first, carried by the events, and ended by the last; each step names its agent", async () => {
    const options = { consumes: [] as string[] };
    await stage.start("closer", {
      ...DECLARED.closer,
      handle: {
        "orders.packed": async (event, context) => {
          await context.runs.step(String(event.runid), 3, "closed");
          await context.runs.end(String(event.runid), "completed");
        },
      },
    });
    await stage.start("packer", {
      ...DECLARED.packer,
      handle: {
        "orders.received": async (event, { publish, runs: reporter }) => {
          await reporter.step(String(event.runid), 2, "packed");
          await publish("orders.packed", {});
        },
      },
    });
    const id = `order-${randomBytes(4).toString("hex")}`;
    let isFirst = true;
    await stage.start("intake", {
      ...options,
      publishes: DECLARED.intake.publishes,
      periodic: [
        {
          name: "shop",
          everyMs: 50,
          run: async ({ publish, runs: reporter }) => {
            if (!isFirst) return;
            isFirst = false;
            await reporter.start({ id, name: "order", of: 3, parent: "day-1", endedBy: ["closer"], withinSeconds: 60 });
            await reporter.step(id, 1, "received");
            await publish("orders.received", {}, { runId: id });
          },
        },
      ],
    });
    await until("the run has ended", async () => {
      await fold();
      return (await find(id))?.outcome === "completed";
    });
    const { run, reached } = (await runs().find(id)) ?? {};
    expect(run).toMatchObject({ agent: "intake", name: "order", parent: "day-1", step: 3, steps: 3 });
    expect(reached?.map(({ step, name, agent }) => [step, name, agent])).toEqual([
      [1, "received", "intake"],
      [2, "packed", "packer"],
      [3, "closed", "closer"],
    ]);
    const shown = await showCommand.run({ id }, reading());
    expect(shown.headline).toMatch(/^🟢 \*order-\w+\* order completed in \d+ s · step 3 of 3/);
    expect(shown.lines[1]).toMatch(/^2 of 3 packed · packer/);
    expect(await stage.admin.xlen(stage.keys.runs)).toBe(0);
  });
});

describe("a run whose agent crashed in the middle", () => {
  test("is unfinished once its time is over, its outcome unknown, and never completed", async () => {
    await start("run-1", { at: Date.now() - 90_000 });
    await say("packer", { kind: "step", run: "run-1", step: 2, name: "packed", at: Date.now() - 80_000 });
    await fold();
    const run = await find("run-1");
    expect(run).toMatchObject({ step: 2, outcome: null, endedAt: null });
    expect(run && runState(run, Date.now() - 60_000)).toBe("running");
    expect(run && runState(run, Date.now())).toBe("unfinished");
    const { headline, lines } = await runsCommand.run({ who: [] }, reading());
    expect(headline).toBe("❔ *0 of 1 completed* — 1 unfinished");
    expect(lines[0]).toMatch(
      /^❔ \*run-1\* order unfinished, outcome unknown, last heard of .* · step 2 of 3 · intake/,
    );
  });
});

describe("reports that come twice", () => {
  test("change nothing, also when the control service died between storing and settling them", async () => {
    await start("run-2");
    await say("packer", { kind: "step", run: "run-2", step: 1, name: "packed" });
    await say("packer", { kind: "step", run: "run-2", step: 1, name: "packed-again" });
    await end("run-2");
    const { reports: found } = await reports.take();
    await storeReports(store.pool, found);
    const before = await runs().find("run-2");
    await fold();
    await start("run-2", { name: "other" });
    await end("run-2", "closer", { outcome: "failed" });
    await fold();
    expect(await runs().find("run-2")).toEqual(before);
    expect(before?.reached).toHaveLength(1);
    expect(await stage.admin.xlen(stage.keys.runs)).toBe(0);
  });
});

describe("a report that is not to be believed", () => {
  test.each([
    ["../../etc", "a path"],
    ["Run-1", "capitals"],
    ["run 1'; drop table runs; --", "SQL"],
    ["", "nothing"],
    ["r".repeat(65), "65 characters"],
    ["run\u202e1", "a mark that turns the text round"],
  ])("the run id %j (%s) is no run", async (run) => {
    await start(run);
    await start("run-3");
    await fold();
    expect((await runs().list({ limit: 10 })).map(({ id }) => id)).toEqual(["run-3"]);
    await expect(showCommand.run({ id: run || "x" }, reading())).rejects.toThrow("There is no run");
  });

  test("an agent cannot speak for another, with its own key or a wrong seal", async () => {
    await start("run-4");
    await say("closer", { kind: "end", run: "run-4", outcome: "completed", detail: null }, stage.keyOf("stranger"));
    await stage.admin.xadd(stage.keys.runs, "*", "agent", "closer", "m", "v1.00.{}");
    await stage.admin.xadd(stage.keys.runs, "*", "m", "x".repeat(100_000));
    await fold();
    expect(await find("run-4")).toMatchObject({ outcome: null });
  });

  test("an agent that did not begin the run, and was not named for it, cannot end it, nor begin it again", async () => {
    await start("run-5");
    await end("run-5", "stranger");
    await say("stranger", {
      kind: "start",
      run: "run-5",
      name: "mine",
      of: 1,
      parent: null,
      endedBy: [],
      withinSeconds: 1,
    });
    await end("run-5", "stranger", { outcome: "failed" });
    await fold();
    expect(await find("run-5")).toMatchObject({ agent: "intake", outcome: null });
    await end("run-5", "intake", { outcome: "cancelled", detail: "no address" });
    await fold();
    expect(await find("run-5")).toMatchObject({ outcome: "cancelled", detail: "no address" });
  });

  test("a step beyond the last, of a run that has ended, or of none, is left out", async () => {
    await start("run-6");
    await say("packer", { kind: "step", run: "run-6", step: 4, name: "beyond" });
    await say("packer", { kind: "step", run: "nobodys", step: 1, name: "lost" });
    await end("run-6");
    await say("packer", { kind: "step", run: "run-6", step: 2, name: "late" });
    await fold();
    expect(await runs().find("run-6")).toMatchObject({ run: { step: 0, outcome: "completed" }, reached: [] });
    expect(await find("nobodys")).toBeNull();
  });
});

describe("what is kept of runs", () => {
  test("ends by time and by count, with the steps, oldest first", async () => {
    const day = 24 * 3600 * 1000;
    for (const [index, ageMs] of [20 * day, 3 * day, 2 * day, day].entries()) {
      await start(`run-${index}`, { at: Date.now() - ageMs });
      await say("packer", { kind: "step", run: `run-${index}`, step: 1, name: "packed" });
    }
    await fold();
    await forgetRuns(store.pool, { days: 14, ofName: 10, together: 10 });
    expect((await runs().list({ limit: 10 })).map(({ id }) => id)).toEqual(["run-3", "run-2", "run-1"]);
    await forgetRuns(store.pool, { days: 14, ofName: 2, together: 10 });
    expect((await runs().list({ limit: 10 })).map(({ id }) => id)).toEqual(["run-3", "run-2"]);
    expect((await store.pool.query("select run_id from run_steps order by run_id")).rowCount).toBe(2);
  });

  /** At one a second, the newest now. */
  const insertMany = (agent: string, name: string, count: number) =>
    store.pool.query(
      `insert into runs (id, name, agent, steps_total, within_seconds, started_at, heard_at)
       select $1 || '-' || number, $2, $1, 1, 60, clock_timestamp() - make_interval(secs => number), clock_timestamp()
       from generate_series(1, $3::integer) as number`,
      [agent, name, count],
    );
  const countByName = async () => {
    const { rows } = await store.pool.query("select name, count(*)::integer from runs group by name");
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  };

  test("of a rare run is not pushed out by a frequent one, of the same agent or another", async () => {
    const hour = 3600 * 1000;
    for (let back = 1; back <= 3; back += 1) {
      await start(`day-${back}`, { name: "daily", at: Date.now() - back * 24 * hour });
      await say("closer", {
        ...{ kind: "start", run: `check-${back}`, name: "check", of: 1, parent: null, endedBy: [], withinSeconds: 60 },
        at: Date.now() - back * hour,
      });
    }
    await fold();
    await insertMany("intake", "order", 500);
    await forgetRuns(store.pool, { days: 14, ofName: 200, together: 10_000 });
    expect(await countByName()).toEqual({ daily: 3, check: 3, order: 200 });
  });

  test("is shared by the agents: one that invents names without end pushes out only its own", async () => {
    await insertMany("intake", "order", 50);
    await insertMany("stranger", "flood", 300);
    await store.pool.query("update runs set name = id where agent = 'stranger'");
    await forgetRuns(store.pool, { days: 14, ofName: 200, together: 150 });
    const counts = await countByName();
    expect(counts.order).toBe(50);
    expect(Object.keys(counts)).toHaveLength(101);
    expect(counts["stranger-1"]).toBe(1);
    expect(counts["stranger-101"]).toBeUndefined();
  });
});

describe("runs of one agent", () => {
  test("are those that it began or took part in", async () => {
    await start("run-7");
    await start("run-8");
    await say("packer", { kind: "step", run: "run-8", step: 1, name: "packed" });
    await fold();
    const { data } = await runsCommand.run({ who: ["packer"] }, reading());
    expect((data as { runs: { id: string }[] }).runs.map(({ id }) => id)).toEqual(["run-8"]);
  });
});
