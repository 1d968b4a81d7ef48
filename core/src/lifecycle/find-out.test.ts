import { beforeEach, describe, expect, test } from "vitest";
import type { FoundOut } from "../command.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { findOutDrain, findOutDrill, findOutOrdered, findOutRestart, findOutStart, findOutStop } from "./find-out.ts";

let fleet: FakeFleet;
let operation: { id: string; createdAt: number; endedAt: number; input: object };
beforeEach(() => {
  fleet = new FakeFleet("billing");
  operation = { id: "op-1", createdAt: fleet.now - 700_000, endedAt: fleet.now - 100_000, input: { fault: "hang" } };
});

const FINDERS = {
  ...{ restart: findOutRestart, stop: findOutStop, start: findOutStart, drill: findOutDrill },
  ...{ drain: findOutDrain, pause: findOutOrdered("pause") },
};
const ask = (command: keyof typeof FINDERS): Promise<FoundOut | null> =>
  FINDERS[command](targetOf("billing"), fleet.acting(operation));

/** The agent's process is the one of before, and its ledger knows this of the order. */
function oldProcess(ledger: "done" | "failed" | "not there" | "no answer"): void {
  Object.assign(fleet.agent("billing"), { startedAt: operation.createdAt - 1, answersEcho: ledger !== "no answer" });
  if (ledger === "done" || ledger === "failed") {
    for (const effect of ["stop", "drill", "drain", "pause"])
      fleet.agent("billing").ledger.set(`op-1:billing:${effect}`, ledger);
  }
}

const newProcess = (): unknown => Object.assign(fleet.agent("billing"), { startedAt: operation.createdAt + 1 });

describe("what became of a restart", () => {
  test("the agent works in a new process: recovered", async () => {
    newProcess();
    expect(await ask("restart")).toMatchObject({ state: "done", ending: "recovered" });
  });

  test("a new process that does not consume: it did not help", async () => {
    newProcess();
    fleet.agent("billing").takesCanary = false;
    expect(await ask("restart")).toMatchObject({ state: "failed", ending: "did-not-help" });
  });

  test("it works, and its alert still fires after a minute: it did not help", async () => {
    newProcess();
    fleet.fire("inc-7", "billing");
    expect(await ask("restart")).toMatchObject({
      ending: "did-not-help",
      error: "it works, and its alert still fires",
    });
  });

  test("an alert is given the time to clear", async () => {
    newProcess();
    fleet.fire("inc-7", "billing");
    operation.endedAt = fleet.now - 1000;
    expect(await ask("restart")).toBeNull();
  });

  test("no process: it did not come back", async () => {
    fleet.kill("billing");
    expect(await ask("restart")).toMatchObject({
      ending: "did-not-come-back",
      error: "it was stopped and does not run: exit 137",
    });
  });
});

describe("while the process of before runs, its ledger says", () => {
  test.each([
    ["restart" as const, "it was not restarted: the order never reached it. Nothing was done."],
    ["stop" as const, "it was not stopped: the order never reached it. Nothing was done."],
    ["drill" as const, "it never reached the agent. Nothing was done."],
    ["drain" as const, "the order never reached it, and it goes on"],
    ["pause" as const, "the order never reached it"],
  ])("%s: nothing of it, so nothing was done", async (command, error) => {
    oldProcess("not there");
    expect(await ask(command)).toEqual({ state: "failed", ending: "failed", error });
  });

  test.each([
    ["restart" as const, "it was not restarted: its work loop did not end, and it goes on"],
    ["stop" as const, "it was not stopped: its work loop did not end, and it goes on"],
    ["drill" as const, "the agent could not begin it"],
    ["pause" as const, "it could not obey"],
  ])("%s: it failed there", async (command, error) => {
    oldProcess("failed");
    expect(await ask(command)).toEqual({ state: "failed", ending: "failed", error });
  });

  test("restart: it was told to stop and has not yet, so the outcome is still not known", async () => {
    oldProcess("done");
    expect(await ask("restart")).toBeNull();
  });

  test.each([["drill" as const], ["pause" as const]])("%s: it took effect", async (command) => {
    oldProcess("done");
    expect(await ask(command)).toEqual({ state: "done", ending: "done" });
  });

  test("drain: it was told, and its process is still there", async () => {
    oldProcess("done");
    expect(await ask("drain")).toMatchObject({ ending: "failed", error: "it takes no new work, and still runs" });
  });

  test.each([["restart" as const], ["stop" as const], ["drill" as const]])(
    "%s: no answer, so the outcome is still not known",
    async (command) => {
      oldProcess("no answer");
      expect(await ask(command)).toBeNull();
    },
  );
});

describe("what became of a stop", () => {
  test("no process: done", async () => {
    fleet.kill("billing");
    expect(await ask("stop")).toMatchObject({ state: "done", ending: "done" });
  });

  test("a new process: it was started again", async () => {
    newProcess();
    expect(await ask("stop")).toMatchObject({ ending: "failed", error: "it runs: it was started again since" });
  });
});

describe("what became of a start", () => {
  test("it works: done", async () => {
    expect(await ask("start")).toMatchObject({ state: "done", ending: "done" });
  });

  test("it ended since then: it did not come back", async () => {
    fleet.kill("billing", 1, 1000);
    expect(await ask("start")).toMatchObject({ ending: "did-not-come-back", error: "it does not run: exit 1" });
  });

  test("it ended before: nobody started it", async () => {
    fleet.kill("billing", 1, 800_000);
    expect(await ask("start")).toMatchObject({ ending: "failed", error: "it was not started. Nothing was done." });
  });
});

test.each([["restart" as const], ["stop" as const], ["start" as const]])(
  "finding out about a %s changes nothing",
  async (command) => {
    for (const prepare of [newProcess, () => oldProcess("not there"), () => fleet.kill("billing")]) {
      prepare();
      await ask(command);
    }
    expect(fleet.effects).toEqual([]);
  },
);

test.each([
  ["redis" as const, "stop" as const],
  ["supervisor" as const, "restart" as const],
])("while %s is away the outcome of a %s is still not known", async (what, command) => {
  oldProcess("not there");
  fleet.away.add(what);
  await expect(ask(command)).rejects.toMatchObject({ code: "unavailable" });
});
