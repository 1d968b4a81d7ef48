import { beforeEach, describe, expect, test } from "vitest";
import { lookAt } from "../command-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices", "order-validator");
});

const look = (name: string, input: Record<string, unknown> = {}) => lookAt(fleet, { name, input });

describe("agent", () => {
  test("shows all about one", async () => {
    const report = await look("agent", { id: "billing" });
    expect(report.headline).toBe("🟢 *billing* working");
    expect(report.lines[0]).toBe("process ✓ · heartbeat ✓ 1 s old · inbox ✓ · canary ✓ · pace ✓");
    expect(report.lines[1]).toBe("Proven: last canary T-1 in 1 ms");
    expect(report.lines[3]).toBe("process billing, pid 100 since T0");
    expect(report.fields).toEqual([
      { name: "Doing now", value: "idle" },
      { name: "Waiting", value: "64, 64 of them in stock.reserved" },
      { name: "Version", value: "1.0.0" },
      { name: "Memory", value: "0 MiB" },
      { name: "Owner", value: "orders" },
    ]);
    expect(report.actions.map(({ label }) => label)).toEqual(["Roll call", "Restart billing"]);
  });

  test.each([
    ["gone", () => fleet.kill("billing"), "process ✗ · heartbeat ✗ 60 s old · inbox – · canary – · pace –"],
    [
      "never seen",
      () => Object.assign(fleet.agent("billing"), { state: "never-started", beatAgeMs: null }),
      "process ✗ · heartbeat ✗ never seen · inbox – · canary – · pace –",
    ],
    [
      "deaf",
      () => Object.assign(fleet.agent("billing"), { beat: { inboxReadAt: 0 } }),
      "heartbeat ✓ 1 s old · inbox ✗ · canary – · pace –",
    ],
    [
      "in the dark",
      () => fleet.away.add("redis"),
      "process ✓ · heartbeat ❔ never seen · inbox ❔ · canary ❔ · pace ❔",
    ],
    ["without a supervisor", () => fleet.away.add("supervisor"), "process ❔ · heartbeat ✓"],
  ])("shows the rungs of one that is %s", async (_, make, line) => {
    make();
    expect((await look("agent", { id: "billing" })).lines[0]).toContain(line);
  });

  test("shows the item in hand and how its process ended", async () => {
    fleet.kill("billing", 1);
    fleet.agent("billing").beat = { activity: "processing", inFlight: 2, oldestInFlightAt: fleet.now - 32_000 };
    const report = await look("agent", { id: "billing" });
    expect(report.fields[0]?.value).toBe("processing, 2 in hand for 32 s");
    expect(report.lines[3]).toBe("process billing, ended: exit 1 at T-60");
  });

  test("shows what it holds beside the items in hand", async () => {
    const inHand = { activity: "processing", inFlight: 1, oldestInFlightAt: fleet.now - 4000 } as const;
    fleet.agent("billing").beat = { ...inHand, held: 5 };
    expect((await look("agent", { id: "billing" })).fields[0]?.value).toBe("processing, 1 in hand for 4 s, 5 held");
    fleet.agent("billing").beat = { ...inHand, held: 1 };
    expect((await look("agent", { id: "billing" })).fields[0]?.value).toBe("processing, 1 in hand for 4 s");
  });

  test("shows the newest roll call that it was called in", async () => {
    const call = { tookMs: 900, who: "", by: "Olga", door: "slack" };
    const calls = [
      { ...call, id: "rc-9", at: fleet.now - 10_000, verdicts: new Map([["invoices", "working"]]) },
      { ...call, id: "rc-8", at: fleet.now - 60_000, verdicts: new Map([["billing", "slow"]]) },
      { ...call, id: "rc-7", at: fleet.now - 90_000, verdicts: new Map([["billing", "working"]]) },
    ];
    Object.assign(fleet.ports, { rollCalls: { list: async () => calls } });
    expect((await look("agent", { id: "billing" })).lines[1]).toContain("last roll call rc-8 T-60: slow");
  });

  test("what waits is not known while Redis is away, and not 0", async () => {
    fleet.away.add("redis");
    expect((await look("agent", { id: "billing" })).fields[1]).toEqual({ name: "Waiting", value: "not known" });
  });

  test("a look is guessed if only one fits", async () => {
    expect((await look("agent", { id: "bil" })).headline).toContain("billing");
  });
});
