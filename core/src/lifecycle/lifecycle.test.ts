import { beforeEach, describe, expect, test, vi } from "vitest";
import type { StageResult } from "../command.ts";
import type { TargetProgress } from "../domain/operation.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { awaitClear } from "./await-clear.ts";
import type { LifecycleLimits } from "./limits.ts";
import { startProcess } from "./start-agent.ts";
import { awaitStop, orderStop, wish } from "./stop-agent.ts";
import { workingP0 } from "./working-p0.ts";

const QUICK: LifecycleLimits = {
  ...{ graceMs: 40, exitSlackMs: 10, pollMs: 5, startMs: 60, workMs: 60, echoMs: 10, canaryMs: 10, goneMs: 5 },
  ...{ clearMs: 60, clearPollMs: 5, copiesMs: 100 },
};

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing");
});

const after = (result: StageResult): TargetProgress => targetOf("billing", result.memory ?? {});
const ordered = async (): Promise<TargetProgress> => after(await orderStop(targetOf("billing"), fleet.acting(), QUICK));

describe("orderStop", () => {
  test("sends the order and remembers which process it was for", async () => {
    expect(await orderStop(targetOf("billing"), fleet.acting(), QUICK)).toEqual({
      state: "done",
      memory: { epoch: 5, pid: 100, isUp: true, wasGone: false },
    });
    expect(fleet.effects).toEqual(["stop billing"]);
  });

  test("has nothing to send to a process that is gone", async () => {
    fleet.kill("billing");
    const result = await orderStop(targetOf("billing"), fleet.acting(), QUICK);
    expect(result).toMatchObject({ state: "done", memory: { wasGone: true, epoch: 5 } });
    expect(fleet.effects).toEqual([]);
  });

  test.each([["redis" as const], ["supervisor" as const]])(
    "fails before anything is ordered when %s is away",
    async (what) => {
      fleet.away.add(what);
      const result = await orderStop(targetOf("billing"), fleet.acting(), QUICK);
      expect(result).toMatchObject({ state: "failed", ending: "failed" });
      expect(fleet.effects).toEqual([]);
    },
  );

  test("does not touch an agent that beats and was started by somebody else", async () => {
    fleet.agent("billing").state = "never-started";
    const result = await orderStop(targetOf("billing"), fleet.acting(), QUICK);
    expect(result).toMatchObject({ state: "failed", error: "billing beats, but its supervisor did not start it" });
  });
});

describe("a stop by force", () => {
  test("sends no order over the bus; the supervisor ends the process at once", async () => {
    const forced = fleet.acting({ force: true });
    const sent = await orderStop(targetOf("billing"), forced, QUICK);
    expect(sent).toMatchObject({ state: "skipped", detail: "by force", memory: { pid: 100 } });
    expect(await awaitStop(after(sent), forced, QUICK)).toEqual({
      state: "done",
      detail: "by the supervisor: by force",
    });
    expect(fleet.effects).toEqual(["op-1:billing:kill"]);
  });
});

describe("awaitStop", () => {
  test("sees the exit", async () => {
    expect(await awaitStop(await ordered(), fleet.acting(), QUICK)).toEqual({ state: "done" });
  });

  test("has nothing to wait for when it was gone", async () => {
    fleet.kill("billing");
    expect(await awaitStop(await ordered(), fleet.acting(), QUICK)).toEqual({ state: "skipped", detail: "was gone" });
  });

  test.each([
    ["not" as const, "by the supervisor: no answer on the bus"],
    ["not, and says so" as const, "by the supervisor: its work loop did not end"],
  ])("ends a process that stops %s by force", async (stops, detail) => {
    fleet.agent("billing").stops = stops;
    expect(await awaitStop(await ordered(), fleet.acting(), QUICK)).toEqual({ state: "done", detail });
    expect(fleet.effects).toEqual(["stop billing", "op-1:billing:kill"]);
  });

  test("taken over, it gives no second grace: that has run since the order was sent", async () => {
    fleet.agent("billing").stops = "not";
    const target = await ordered();
    const takenOver = { ...fleet.acting(), begunMs: 3_600_000 };
    const patient = { ...QUICK, graceMs: 3_600_000 - QUICK.exitSlackMs };
    expect(await awaitStop(target, takenOver, patient)).toMatchObject({ state: "done" });
    expect(fleet.effects).toEqual(["stop billing", "op-1:billing:kill"]);
  });

  test("run again after a crash, it kills nobody twice", async () => {
    fleet.agent("billing").stops = "not";
    const target = await ordered();
    await awaitStop(target, fleet.acting(), QUICK);
    await awaitStop(target, fleet.acting(), QUICK);
    expect(fleet.effects.filter((effect) => effect.endsWith(":kill"))).toHaveLength(1);
  });

  test("leaves a process alone that was started meanwhile", async () => {
    fleet.agent("billing").stops = "not";
    const target = await ordered();
    fleet.agent("billing").pid = 101;
    expect(await awaitStop(target, fleet.acting(), QUICK)).toEqual({ state: "done" });
    expect(fleet.effects).not.toContain("op-1:billing:kill");
  });

  test("claims nothing while the supervisor is away", async () => {
    fleet.agent("billing").stops = "not";
    const target = await ordered();
    fleet.away.add("supervisor");
    await expect(awaitStop(target, fleet.acting(), QUICK)).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("startProcess", () => {
  beforeEach(() => fleet.kill("billing"));
  const start = (): Promise<StageResult> => startProcess(targetOf("billing", { epoch: 5 }), fleet.acting(), QUICK);

  test("is done with the first beat of a newer epoch", async () => {
    expect(await start()).toEqual({ state: "done", memory: { epoch: 6 } });
    expect(fleet.effects).toEqual(["op-1:billing:start"]);
  });

  test("run again after a crash, it starts nobody twice", async () => {
    await start();
    expect(await start()).toEqual({ state: "done", memory: { epoch: 6 } });
    expect(fleet.effects).toEqual(["op-1:billing:start"]);
  });

  test("tries once more when the process exits at once", async () => {
    fleet.agent("billing").fates = ["exits"];
    expect(await start()).toMatchObject({ state: "done" });
    expect(fleet.effects).toEqual(["op-1:billing:start", "op-1:billing:start-again"]);
  });

  test("gives up after the second exit, with its last words", async () => {
    Object.assign(fleet.agent("billing"), {
      fates: ["exits", "exits"],
      lastErrors: ["loading", "cannot read key.pem", ""],
    });
    expect(await start()).toEqual({
      state: "failed",
      error: 'exit 1 twice: "cannot read key.pem"',
      ending: "did-not-come-back",
    });
  });

  test("gives up on a process that never beats", async () => {
    fleet.agent("billing").fates = ["never beats"];
    expect(await start()).toMatchObject({ state: "failed", error: "no heartbeat in 0 s", ending: "did-not-come-back" });
  });

  test("taken over, one that runs without a beat has no second time to beat; one that is started only then has all of it", async () => {
    const takenOver = { ...fleet.acting(), begunMs: 3_600_000 };
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const looks: number[] = [];
    for (const fate of ["never beats", "never beats"] as const) {
      fleet.agent("billing").fates = [fate];
      let now = 0;
      const ports = {
        ...fleet.ports,
        bus: {
          ...fleet.ports.bus,
          readPresence: (ids: readonly string[]) => {
            now += 15_000;
            clock.mockReturnValue(now);
            return fleet.ports.bus.readPresence(ids);
          },
        },
      };
      await startProcess(targetOf("billing", { epoch: 5 }), { ...takenOver, ports }, { ...QUICK, startMs: 60_000 });
      looks.push(now / 15_000);
      clock.mockReturnValue(0);
    }
    clock.mockRestore();
    expect(looks).toEqual([4, 2]);
  });

  test("does not take an old beat for a new one", async () => {
    Object.assign(fleet.agent("billing"), { fates: ["never beats"], beatAgeMs: 1 });
    expect(await start()).toMatchObject({ ending: "did-not-come-back" });
  });

  test.each([["supervisor" as const], ["redis" as const]])("claims nothing while %s is away", async (what) => {
    fleet.away.add(what);
    await expect(start()).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("awaitClear", () => {
  const wait = (memory: TargetProgress["memory"] = {}): Promise<StageResult> =>
    awaitClear(targetOf("billing", memory), fleet.acting(), QUICK);

  test("has nothing to wait for when no alert fires", async () => {
    expect(await wait()).toEqual({ state: "skipped", ending: "recovered" });
  });

  test("waits until the alert has resolved", async () => {
    fleet.fire("inc-7", "billing");
    setTimeout(() => fleet.resolve("inc-7"), 20);
    const result = await awaitClear(targetOf("billing"), fleet.acting(), { ...QUICK, clearMs: 5000 });
    expect(result).toEqual({ state: "done", ending: "recovered" });
  });

  test("an alert that resolved before the stage began has cleared all the same", async () => {
    expect(await wait({ incident: "inc-7" })).toEqual({ state: "done", ending: "recovered" });
  });

  test("another agent's alert is not waited for", async () => {
    fleet.fire("inc-7", "invoices");
    expect(await wait()).toMatchObject({ state: "skipped" });
  });

  test("an alert that goes on firing means that it did not help", async () => {
    fleet.fire("inc-7", "billing");
    expect(await wait()).toEqual({ state: "failed", error: "still firing after 0 s", ending: "did-not-help" });
  });

  test("taken over, it waits for a third of its time at least, and not for all of it once more", async () => {
    fleet.fire("inc-7", "billing");
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    let looks = 0;
    const { incidents } = fleet.ports;
    const open = (agent?: string) => {
      looks += 1;
      // Each look takes a quarter of the time.
      clock.mockReturnValue(looks * 15_000);
      return incidents.open(agent);
    };
    const ports = { ...fleet.ports, incidents: { ...incidents, open } };
    const limits = { ...QUICK, clearMs: 60_000 };
    const result = await awaitClear(targetOf("billing"), { ...fleet.acting(), ports, begunMs: 90_000 }, limits);
    clock.mockRestore();
    expect([result.state, looks]).toEqual(["failed", 2]);
  });

  test("does not claim to know while PostgreSQL is away", async () => {
    fleet.away.add("postgres");
    await expect(wait()).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("wish", () => {
  test("stores who wants it, since when and why", async () => {
    await wish(fleet.acting({ reason: "deploy" }), "billing", { state: "stopped" });
    const since = fleet.now;
    expect(fleet.agent("billing").expected.desired).toEqual({
      state: "stopped",
      by: "Operator on call",
      since,
      reason: "deploy",
    });
  });

  test("changes nothing that is so already", async () => {
    await wish(fleet.acting(), "billing", { state: "running" });
    expect(fleet.effects).toEqual([]);
  });
});

describe("workingP0", () => {
  const ask = async (): Promise<string | null> =>
    (await workingP0([fleet.agent("billing").expected], fleet.reading()))?.why ?? null;
  const makeP0 = (): void => {
    fleet.agent("billing").expected = { ...fleet.agent("billing").expected, criticality: "P0" };
  };

  test("a P1 agent needs no second person", async () => {
    expect(await ask()).toBeNull();
  });
  test("a P0 agent that works does", async () => {
    makeP0();
    expect(await ask()).toBe("P0 agent billing works");
  });
  test("a P0 agent that is gone does not", async () => {
    makeP0();
    fleet.kill("billing");
    expect(await ask()).toBeNull();
  });
  test("a P0 agent does while nobody can see whether it works", async () => {
    makeP0();
    fleet.away.add("redis");
    expect(await ask()).toBe("nobody knows whether P0 agent billing works");
  });
});
