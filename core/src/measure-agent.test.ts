import { beforeEach, describe, expect, test } from "vitest";
import { BulkStage } from "./bulk-fixture.ts";
import { figureWords } from "./domain/before-after.ts";
import { Failure } from "./domain/failure.ts";
import type { Measured } from "./domain/operation.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import { measureAgent } from "./measure-agent.ts";
import type { TaskTotals } from "./protocol.ts";

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing");
});

const totals = (done: number, failed: number): TaskTotals => ({ done, failed, latency: [], latencySumSeconds: 0 });

describe("measureAgent", () => {
  test("adds up what waits and what was handled, over the life of the process", async () => {
    const tasks = { "stock.reserved": totals(1990, 10), "stock.short": totals(400, 0) };
    fleet.agent("billing").beat = { tasks, version: "4.7.2" };
    expect(await measureAgent("billing", fleet.ports)).toEqual({
      ...{ at: fleet.now, waiting: 65, version: "4.7.2", handled: 2400, failed: 10, perSecond: 4 },
    });
  });

  test("gives a process of some seconds no rate", async () => {
    fleet.agent("billing").beat = { tasks: { a: totals(3, 0) }, startedAt: fleet.now - 6000 };
    expect(await measureAgent("billing", fleet.ports)).toMatchObject({ handled: 3, perSecond: null });
  });

  test("takes what Redis cannot tell for unknown, and not for nothing", async () => {
    fleet.ports.bus.readWaiting = async () => [{ topic: "a", group: "billing", lag: null, pending: 0 }];
    expect(await measureAgent("billing", fleet.ports)).toMatchObject({ waiting: null });
    fleet.away.add("redis");
    expect(await measureAgent("billing", fleet.ports)).toEqual({
      ...{ at: fleet.now, waiting: null, version: null, handled: null, failed: null, perSecond: null },
    });
  });
});

describe("figureWords", () => {
  const one: Measured = { at: 0, waiting: 0, version: "1.0.0", handled: 100, failed: 2, perSecond: 12.4 };
  const said = (before: Partial<Measured>, after: Partial<Measured>): string[] =>
    figureWords([{ figures: { before: { ...one, ...before }, after: { ...one, ...after } } }]).map(
      ({ label, value }) => `${label} ${value}`,
    );

  test.each<[Partial<Measured>, Partial<Measured>, string]>([
    [{ waiting: 216 }, {}, "Waiting 216 → 0"],
    [{}, {}, "Waiting 0"],
    [{ waiting: null }, {}, "Waiting not measured → 0"],
    [{ waiting: null }, { waiting: null }, "Waiting not measured"],
    [{}, {}, "Errors since 2 of 100"],
    [{}, { failed: null, handled: null }, "Errors since not measured"],
    [{ perSecond: 4.06 }, {}, "Rate 12/s, before 4.1/s"],
    [{}, { perSecond: null }, "Rate not measured, before 12/s"],
    [{ perSecond: null }, { perSecond: null }, "Rate not measured"],
    [{}, {}, "Version 1.0.0"],
    [{}, { version: "1.0.1" }, "Version 1.0.0 → 1.0.1"],
    [{ version: null }, {}, "Version not measured → 1.0.0"],
  ])("%j and %j is %s", (before, after, words) => {
    expect(said(before, after)).toContain(words);
  });
});

describe("a restart of one agent", () => {
  test("measures it before anything is done and again at its end", async () => {
    const stage = new BulkStage(["content-1"]);
    stage.fleet.agent("content-1").beat = { tasks: { a: totals(500, 5) }, version: "1" };
    await stage.run();
    expect(stage.row.targets[0]?.figures).toMatchObject({
      before: { version: "1", handled: 505, failed: 5 },
      after: { version: "1.0.0", handled: 0, failed: 0 },
    });
    const first = stage.saved.find(({ targets }) => targets[0]?.stages[0]?.state === "now");
    expect(first?.targets[0]?.figures, "stored before the first stage runs").toMatchObject({ after: null });
  });

  test("keeps what was measured before over a crash: the new process is not taken for the old one", async () => {
    const stage = new BulkStage(["content-1"]);
    stage.fleet.agent("content-1").beat = { version: "old" };
    const crash: BulkStage["save"] = async (operation, audit) => {
      if (operation.targets[0]?.stages[2]?.state === "done") throw new Failure("expired", "taken over");
      return stage.save(operation, audit);
    };
    await stage.run({ progress: { save: crash } }).catch(() => undefined);
    expect(stage.works("content-1"), "it was started before the crash").toBe(true);
    await stage.run();
    expect(stage.row.targets[0]?.figures).toMatchObject({ before: { version: "old" }, after: { version: "1.0.0" } });
  });

  test("is none the worse if nobody can measure", async () => {
    const stage = new BulkStage(["content-1"]);
    stage.fleet.ports.bus.readWaiting = async () => {
      throw new Failure("unavailable", "Redis does not answer");
    };
    await stage.run();
    expect(stage.row).toMatchObject({ ending: "recovered", targets: [{ figures: { after: { waiting: null } } }] });
  });
});
