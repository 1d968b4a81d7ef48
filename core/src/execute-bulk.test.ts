import { describe, expect, test } from "vitest";
import { BulkStage, EVERYBODY, membersOf } from "./bulk-fixture.ts";
import { Failure } from "./domain/failure.ts";
import { isBegun, type Operation } from "./domain/operation.ts";
import { bulkWords } from "./domain/progress.ts";

/** Comes back with exit 1, however often it is started. */
const breakAtStart = (stage: BulkStage, ...agents: string[]): void => {
  for (const agent of agents) stage.fleet.agent(agent).fates = ["exits", "exits", "exits", "exits"];
};
const count = (operation: Operation, ending: string | null): number =>
  operation.targets.filter((target) => target.ending === ending).length;
const batchesOf = ({ bulk }: Operation): readonly (readonly string[])[] => bulk?.batches ?? [];

describe("a restart of all 22", () => {
  test("goes batch by batch, at most three side by side, those who others stand under last, and no group below half", async () => {
    const stage = new BulkStage(EVERYBODY);
    await stage.run();
    expect(stage.row).toMatchObject({ state: "ended", ending: "recovered", error: null });
    expect(count(stage.row, "recovered")).toBe(22);
    expect(stage.most).toBe(3);
    expect(batchesOf(stage.row).every((batch) => batch.length <= 3)).toBe(true);
    const order = batchesOf(stage.row).flat();
    expect(order.slice(-3).toSorted()).toEqual(["content-lead", "orders-lead", "platform-lead"]);
    expect(stage.fewest.get("content")).toBeGreaterThanOrEqual(5);
    expect(stage.fewest.get("orders")).toBeGreaterThanOrEqual(4);
    expect(stage.fewest.get("platform")).toBeGreaterThanOrEqual(2);
  });

  test("with one that does not come back stops after its batch, and waits for somebody", async () => {
    const stage = new BulkStage(EVERYBODY);
    breakAtStart(stage, "content-5");
    await stage.run();
    const batches = batchesOf(stage.row);
    const at = batches.findIndex((batch) => batch.includes("content-5"));
    expect(at).toBeGreaterThan(0);
    const expected = new Set(batches.slice(0, at + 1).flat());
    expect(stage.row).toMatchObject({ state: "waiting", ending: null });
    expect(stage.touched()).toEqual(expected);
    expect(
      stage.row.targets
        .filter(isBegun)
        .map(({ agent }) => agent)
        .toSorted(),
    ).toEqual([...expected].toSorted());
    expect(count(stage.row, "did-not-come-back")).toBe(1);
    expect(bulkWords(stage.row)).toBe(
      `${expected.size} of 22 · ${expected.size - 1} working · 1 failed: content-5 · budget 1 of 1 used → stopped · ${22 - expected.size} not touched`,
    );
    expect(stage.audited.map(({ event, action }) => action ?? event)).toEqual(["dispatch", "stopped"]);
  });

  test("A10: with three of 22 failing each agent has its result, it stops at each failure beyond the budget, and no group falls below its minimum", async () => {
    const stage = new BulkStage(EVERYBODY, { input: { budget: 2 } });
    const failing = ["orders-3", "content-2", "platform-1"];
    breakAtStart(stage, ...failing);
    await stage.run();
    expect(stage.row.state).toBe("waiting");
    expect(stage.row.bulk?.stops).toMatchObject([{ rule: "budget", why: "budget 2 of 2 used", failed: 2 }]);
    stage.wish("continue");
    await stage.run();
    expect(stage.row).toMatchObject({ state: "ended", ending: "partly" });
    const endings = stage.endings();
    expect(failing.map((agent) => endings[agent])).toEqual(failing.map(() => "did-not-come-back"));
    expect(count(stage.row, "recovered")).toBe(19);
    expect(stage.row.targets.find(({ agent }) => agent === "orders-3")?.stages[2]).toMatchObject({
      state: "failed",
      error: "exit 1 twice",
    });
    expect(stage.fewest.get("content")).toBeGreaterThanOrEqual(5);
    expect(stage.fewest.get("orders")).toBeGreaterThanOrEqual(4);
    expect(stage.fewest.get("platform")).toBeGreaterThanOrEqual(2);
  });
});

describe("the minimum of a group", () => {
  test("is kept although agents of it fail on the way: it stops before the one that would be missed", async () => {
    const stage = new BulkStage(membersOf("platform"), { input: { budget: 10 } });
    breakAtStart(stage, "platform-1", "platform-2", "platform-3");
    await stage.run();
    expect(stage.row.state).toBe("waiting");
    expect(stage.row.bulk?.stops.at(-1)).toMatchObject({
      rule: "capacity",
      why: expect.stringMatching(/^2 agents of platform work, and without \S+ it would be too few$/),
    });
    expect(stage.fewest.get("platform")).toBe(2);
    stage.wish("continue");
    await stage.run();
    expect(stage.row.state, "to go on is not to go below").toBe("waiting");
    expect(stage.fewest.get("platform")).toBe(2);
  });

  test("does not count who is sick already: nothing is taken away by restarting it", async () => {
    const stage = new BulkStage(membersOf("platform"));
    for (const agent of ["platform-1", "platform-2"]) stage.fleet.kill(agent);
    await stage.run();
    expect(stage.row).toMatchObject({ ending: "recovered" });
    expect(stage.fewest.get("platform")).toBe(2);
  });

  test("is what fleet.yaml says, where it says so", async () => {
    const stage = new BulkStage(membersOf("platform"));
    const expected = stage.fleet.ports.registry.expected;
    stage.fleet.ports.registry.expected = async () => ({ ...(await expected()), minimums: { platform: 3 } });
    await stage.run();
    expect(stage.row).toMatchObject({ ending: "recovered" });
    expect(stage.fewest.get("platform")).toBe(3);
  });

  test("nobody is taken away while nobody can see who works", async () => {
    const stage = new BulkStage(membersOf("platform"));
    stage.onSaved = ({ state }) => {
      if (state === "running") stage.fleet.away.add("redis");
    };
    const now = (): number => {
      stage.fleet.now += 10_000;
      return stage.fleet.now;
    };
    Object.assign(stage.fleet.ports, { clock: { now } });
    await stage.run();
    expect(stage.touched()).toEqual(new Set());
    expect(stage.row.bulk?.stops.at(-1)).toMatchObject({
      rule: "capacity",
      why: "Redis does not answer, so nobody can see who works",
    });
  });
});

describe("a stopped operation", () => {
  async function stopped(): Promise<BulkStage> {
    const stage = new BulkStage(membersOf("content"));
    breakAtStart(stage, "content-1");
    await stage.run();
    expect(stage.row.state).toBe("waiting");
    return stage;
  }

  test("does nothing when its job runs again and nobody has answered", async () => {
    const stage = await stopped();
    const { effects } = stage.fleet;
    const before = { effects: effects.length, writes: stage.saved.length };
    await stage.run();
    expect({ effects: effects.length, writes: stage.saved.length }).toEqual(before);
  });

  test("goes on with the agents that are not touched when somebody says so, and touches nobody twice", async () => {
    const stage = await stopped();
    stage.wish("continue");
    await stage.run();
    expect(stage.row).toMatchObject({ state: "ended", ending: "partly", error: "content-1: exit 1 twice" });
    expect(count(stage.row, "recovered")).toBe(9);
    const stops = stage.fleet.effects.filter((effect) => effect.startsWith("stop "));
    expect(stops.length).toBe(new Set(stops).size);
  });

  test("needs an answer of its own at the next stop: the first one does not count again", async () => {
    const stage = await stopped();
    const next =
      batchesOf(stage.row)
        .flat()
        .find((agent) => stage.endings()[agent] === null) ?? "";
    breakAtStart(stage, next);
    stage.wish("continue");
    await stage.run();
    expect(stage.row).toMatchObject({ state: "waiting", bulk: { stops: [{}, { why: "budget 2 of 2 used" }] } });
    await stage.run();
    expect(stage.row.state).toBe("waiting");
    stage.wish("continue");
    await stage.run();
    expect(stage.row.state).toBe("ended");
  });

  test("that somebody aborts ends there, and says what was not touched", async () => {
    const stage = await stopped();
    stage.wish("cancel");
    await stage.run();
    expect(stage.row).toMatchObject({ state: "ended", ending: "cancelled" });
    const left = count(stage.row, "not-touched");
    const done = 9 - left;
    expect(left).toBeGreaterThan(0);
    expect(stage.row.error).toBe(
      `cancelled by Operator on call: ${done} of 10 done, 1 failed, ${left} not touched. content-1: exit 1 twice`,
    );
  });

  test("that nobody answers ends after ten minutes, and not before", async () => {
    const stage = await stopped();
    stage.fleet.now += 599_000;
    await stage.run();
    expect(stage.row.state).toBe("waiting");
    stage.fleet.now += 1000;
    await stage.run();
    expect(stage.row).toMatchObject({ state: "ended", ending: "cancelled" });
    expect(stage.row.error).toMatch(/^stopped \(budget 1 of 1 used\), and nobody answered in 10 min: /);
  });
});

describe("a crash in the middle of a batch", () => {
  test.each(Array.from({ length: 30 }, (_, index) => index))(
    "at write %i: the agents under way are finished first, and each agent is stopped and started once",
    async (crashAt) => {
      const stage = new BulkStage(membersOf("platform"));
      let writes = 0;
      const crash = async (...args: Parameters<BulkStage["save"]>): Promise<Operation> => {
        if (writes === crashAt) throw new Failure("expired", "taken over");
        writes += 1;
        return stage.save(...args);
      };
      await stage.run({ progress: { save: crash } }).catch(() => undefined);
      await stage.run();
      expect(stage.row).toMatchObject({ state: "ended", ending: "recovered" });
      for (const agent of membersOf("platform")) {
        expect(stage.fleet.effects.filter((effect) => effect === `op-1:${agent}:start`)).toHaveLength(1);
      }
      expect(stage.fewest.get("platform")).toBeGreaterThanOrEqual(2);
    },
  );
});

describe("a cancel", () => {
  const agents = membersOf("content").slice(0, 5);

  test("before it has begun does nothing to anybody", async () => {
    const stage = new BulkStage(agents);
    stage.wish("cancel");
    await stage.run();
    expect(stage.row).toMatchObject({
      ...{ state: "ended", ending: "cancelled" },
      error: "cancelled by Operator on call before anything was done",
    });
    expect(stage.fleet.effects).toEqual([]);
  });

  test.each(["sent", "stopped", "started", "working", "alert clear"])(
    "while the first ones are at %s: they are brought to their end and work, and no further one is touched",
    async (name) => {
      const stage = new BulkStage(agents);
      stage.onSaved = ({ targets }) => {
        const isThere = targets.some(({ stages }) => stages.some((one) => one.name === name && one.state === "now"));
        if (isThere && stage.wishes.length === 0) stage.wish("cancel");
      };
      // The stage lasts until the cancel is seen.
      const { supervisor } = stage.fleet.ports;
      const inspect = supervisor.inspect.bind(supervisor);
      supervisor.inspect = async (agent) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        return inspect(agent);
      };
      await stage.run({ wishMs: 1 });
      expect(stage.row).toMatchObject({ state: "ended", ending: "cancelled" });
      const [first = []] = batchesOf(stage.row);
      expect(stage.touched()).toEqual(new Set(first));
      expect(agents.every((agent) => stage.works(agent))).toBe(true);
      expect(count(stage.row, "not-touched")).toBe(agents.length - first.length);
      expect(stage.row.error).toBe(
        `cancelled by Operator on call: ${first.length} of 5 done, ${5 - first.length} not touched`,
      );
    },
  );

  test("does not wait for an alert to clear", async () => {
    const stage = new BulkStage(["content-1"]);
    stage.fleet.fire("inc-7", "content-1");
    stage.onSaved = ({ targets: [target] }) => {
      if (target?.stages.at(-1)?.state === "now") stage.wish("cancel");
    };
    await stage.run();
    expect(stage.row).toMatchObject({ state: "ended", ending: "done" });
    expect(stage.row.targets[0]?.stages.at(-1)).toMatchObject({
      state: "skipped",
      detail: "not waited for: cancelled by Operator on call",
    });
  });

  test("of what has lost Redis does not claim to know what became of it", async () => {
    const stage = new BulkStage(["content-1"]);
    stage.fleet.kill("content-1");
    stage.onSaved = ({ targets: [target] }) => {
      if (target?.stages[2]?.state !== "now") return;
      stage.fleet.away.add("supervisor");
      if (stage.wishes.length === 0) stage.wish("cancel");
    };
    await stage.run();
    expect(stage.row).toMatchObject({ state: "ended", ending: "unknown" });
    expect(stage.row.error).toBe(
      "the supervisor does not answer, and it was cancelled, so it is not known what became of it",
    );
  });

  test("by somebody who had lost the right to it does not count", async () => {
    const stage = new BulkStage(agents);
    stage.wish("cancel");
    stage.wishes.splice(0, 1, { ...(stage.wishes[0] as Operation), state: "ended", ending: "refused" });
    await stage.run();
    expect(stage.row).toMatchObject({ ending: "recovered" });
  });
});
