import { beforeEach, describe, expect, test } from "vitest";
import type { FoundOut } from "../command.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import ack from "./ack.ts";
import runNow from "./run-now.ts";

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing");
});

describe("what became of a run", () => {
  const ask = (): Promise<FoundOut | null> =>
    runNow.findOut(targetOf("billing"), fleet.acting({ id: "op-7", input: { id: "billing", inputs: [] } }));
  const ledgerSays = (outcome: "done" | "failed"): unknown =>
    fleet.agent("billing").ledger.set("op-7:billing:run", outcome);

  test("was reported: it began", async () => {
    const asked: string[] = [];
    const find = async (id: string) => {
      asked.push(id);
      return {} as never;
    };
    Object.assign(fleet.ports, { runs: { find } });
    expect(await ask()).toMatchObject({ ending: "done", detail: "follow it with `runs show run-op-7`" });
    expect(asked).toEqual(["run-op-7"]);
  });

  test("stands in the agent's ledger as done: it began", async () => {
    ledgerSays("done");
    expect(await ask()).toMatchObject({ state: "done", ending: "done" });
  });

  test("stands there as failed: it did not", async () => {
    ledgerSays("failed");
    expect(await ask()).toMatchObject({ ending: "failed", error: "it could not begin it" });
  });

  test("is not in the ledger, and cannot come any more: no run began, and asking begins none", async () => {
    expect(await ask()).toMatchObject({ ending: "failed", error: "the order never reached it. No run began." });
    expect(fleet.effects).toEqual([]);
  });

  test("is not known while nobody answers", async () => {
    fleet.agent("billing").answersEcho = false;
    expect(await ask()).toBeNull();
  });
});

describe("what became of an acknowledgement", () => {
  const ask = (incident: object | null): Promise<FoundOut | null> => {
    Object.assign(fleet.ports.incidents, { find: async () => incident });
    const acting = fleet.acting({ id: "op-7", incidentId: "inc-7" });
    return ack.findOut(targetOf("inc-7"), acting);
  };
  const me = () => fleet.acting({}).operation.actor;

  test("the alert is taken by whom it was asked for: done", async () => {
    const taken = { state: "firing", acknowledgedBy: me(), acknowledgedAt: 1 };
    expect(await ask(taken)).toEqual({ state: "done", ending: "done" });
  });

  test.each([
    [{ state: "firing", acknowledgedBy: null, acknowledgedAt: null }, "it was not taken by this: nobody has it"],
    [
      { state: "firing", acknowledgedBy: { id: "second", name: "Second admin" }, acknowledgedAt: 1 },
      "it was not taken by this: Second admin has it",
    ],
    [
      { state: "resolved", acknowledgedBy: null, acknowledgedAt: null },
      "it was not taken by this: the alert has ended since",
    ],
    [null, "the alert is not there any more"],
  ])("the alert is %j: failed, and says who has it", async (incident, error) => {
    expect(await ask(incident)).toEqual({ state: "failed", ending: "failed", error });
  });
});
