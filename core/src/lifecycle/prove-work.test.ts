import { beforeEach, describe, expect, test, vi } from "vitest";
import type { StageResult } from "../command.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { LIFECYCLE_LIMITS, type LifecycleLimits } from "./limits.ts";
import { proveWork } from "./prove-work.ts";

const QUICK: LifecycleLimits = { ...LIFECYCLE_LIMITS, pollMs: 5, workMs: 60, echoMs: 10, canaryMs: 10, goneMs: 5 };

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing");
});

describe("proveWork", () => {
  const prove = (epoch = 5): Promise<StageResult> => proveWork(targetOf("billing", { epoch }), fleet.acting(), QUICK);

  test("is done when echo and canary come back", async () => {
    const result = await prove();
    expect(result).toMatchObject({ state: "done" });
    expect(result.detail).toMatch(/^echo \d+ ms, canary \d+ ms$/);
  });

  test("taken over, it asks for a third of its time at least, and not for all of it once more", async () => {
    fleet.agent("billing").answersEcho = false;
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    let asked = 0;
    const { bus } = fleet.ports;
    const collectReplies: typeof bus.collectReplies = (request) => {
      asked += 1;
      clock.mockReturnValue(asked * 15_000);
      return bus.collectReplies(request);
    };
    const context = { ...fleet.acting(), ports: { ...fleet.ports, bus: { ...bus, collectReplies } }, begunMs: 90_000 };
    const result = await proveWork(targetOf("billing", { epoch: 5 }), context, { ...QUICK, workMs: 60_000 });
    clock.mockRestore();
    expect([result.ending, asked]).toEqual(["did-not-help", 2]);
  });

  test("an earlier process cannot answer for the new one", async () => {
    expect(await prove(6)).toMatchObject({ state: "failed", error: "deaf" });
  });

  test("came back but does not consume: the restart did not help", async () => {
    fleet.agent("billing").takesCanary = false;
    expect(await prove()).toMatchObject({ state: "failed", error: "alive but not consuming", ending: "did-not-help" });
  });

  test("came back but does not listen: the restart did not help", async () => {
    fleet.agent("billing").answersEcho = false;
    expect(await prove()).toMatchObject({ state: "failed", error: "deaf", ending: "did-not-help" });
  });

  test("a process that has ended again is not waited for: it did not come back", async () => {
    fleet.kill("billing");
    fleet.agent("billing").lastErrors = ["cannot read key.pem"];
    const patient = { ...QUICK, workMs: 3_600_000 };
    const result = await proveWork(targetOf("billing", { epoch: 5 }), fleet.acting(), patient);
    expect(result).toEqual({
      ...{ state: "failed", ending: "did-not-come-back" },
      error: 'it started and ended again, exit 137: "cannot read key.pem"',
    });
  });

  test("a process that its runtime has started again at once is not called gone", async () => {
    fleet.kill("billing");
    setTimeout(() => Object.assign(fleet.agent("billing"), { state: "running", exit: null, beatAgeMs: 0 }), 20);
    const patient = { ...QUICK, workMs: 15_000, goneMs: 200 };
    expect(await proveWork(targetOf("billing", { epoch: 5 }), fleet.acting(), patient)).toMatchObject({
      state: "done",
    });
  });

  test("a long item within its normal time counts as working", async () => {
    const agent = fleet.agent("billing");
    agent.expected = { ...agent.expected, normalSeconds: 40 };
    Object.assign(agent, { takesCanary: false, beat: { inFlight: 1, oldestInFlightAt: fleet.now - 31_000 } });
    const result = await prove();
    expect(result.state).toBe("done");
    expect(result.detail).toMatch(/^echo \d+ ms, busy \(item 31 s old, normal ≤ 40 s\)$/);
  });

  test("waits through a short outage of Redis", async () => {
    fleet.away.add("redis");
    setTimeout(() => fleet.away.delete("redis"), 20);
    expect(
      await proveWork(targetOf("billing", { epoch: 5 }), fleet.acting(), { ...QUICK, workMs: 5000 }),
    ).toMatchObject({
      state: "done",
    });
  });

  test("does not claim to know while Redis stays away", async () => {
    fleet.away.add("redis");
    await expect(prove()).rejects.toMatchObject({ code: "unavailable" });
  });
});
