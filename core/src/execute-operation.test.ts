import { operationOf, type Rehearsal, rehearse, STAGES } from "@rollcall/test/operation-fixture.ts";
import { beforeEach, describe, expect, test } from "vitest";
import type { StageResult } from "./command.ts";
import type { Role } from "./domain/actor.ts";
import { type Operation, plannedStages } from "./domain/operation.ts";
import { executeOperation } from "./execute-operation.ts";
import type { AuditEntry } from "./ports/audit-log.ts";

let it: Rehearsal;
beforeEach(() => {
  it = rehearse();
});
const marks = (operation: Operation): string[] =>
  operation.targets.map(({ stages }) => stages.map((stage) => stage.state).join(" "));

describe("executeOperation", () => {
  test("stores each stage before and after it runs", async () => {
    await executeOperation("op-1", it.execution());
    expect(it.ran).toEqual(["billing:sent", "billing:stopped", "billing:working"]);
    expect(it.saved.map((operation) => `${operation.state}: ${marks(operation)}`)).toEqual([
      "running: next next next",
      "running: now next next",
      "running: done next next",
      "running: done now next",
      "running: done done next",
      "verifying: done done now",
      "verifying: done done done",
      "ended: done done done",
    ]);
    expect(it.row).toMatchObject({ ending: "done", error: null, targets: [{ ending: "done" }] });
    expect(it.row.endedAt).toBeGreaterThan(it.row.startedAt ?? Number.POSITIVE_INFINITY);
  });

  test("audits when it begins and what came of it", async () => {
    it.behave = (_, stage) =>
      stage === "working" ? { state: "done", detail: "rung 4", ending: "recovered" } : { state: "done" };
    await executeOperation("op-1", it.execution());
    expect(it.audited).toMatchObject([
      { event: "dispatch", actor: "olga", door: "slack", operationId: "op-1", requestId: "req-1", decision: "allowed" },
      {
        event: "outcome",
        targets: ["billing"],
        decision: null,
        detail: {
          ending: "recovered",
          seconds: expect.any(Number),
          targets: [{ agent: "billing", ending: "recovered", stages: { sent: "done", working: "rung 4" } }],
        },
      },
    ]);
  });

  test("does nothing for an operation that is not there or has ended", async () => {
    const ports = { ...it.execution().ports, operations: { find: async () => null } as never };
    await executeOperation("op-1", it.execution({ ports }));
    it.row = operationOf({ state: "ended", ending: "done" });
    await executeOperation("op-1", it.execution());
    expect([it.ran, it.saved]).toEqual([[], []]);
  });

  test("works on one agent after another and remembers what each stage found", async () => {
    it.row = operationOf({}, ["billing", "invoices"]);
    it.behave = (agent, stage) => ({ state: "done", memory: { [stage]: agent } });
    await executeOperation("op-1", it.execution());
    expect(it.ran.map((step) => step.split(":")[0])).toEqual(
      [..."bbbiii"].map((one) => (one === "b" ? "billing" : "invoices")),
    );
    expect(it.row.targets[1]?.memory).toEqual({ sent: "invoices", stopped: "invoices", working: "invoices" });
  });

  test("gives each stage what the ones before it remembered", async () => {
    const seen: unknown[] = [];
    const stages = STAGES.map((name) => ({
      name,
      run: async (target: Operation["targets"][number]) => {
        seen.push({ ...target.memory });
        return { state: "done" as const, memory: { [name]: 1 } };
      },
    }));
    await executeOperation("op-1", it.execution({ commands: [{ ...it.restart, stages }] }));
    expect(seen).toEqual([{}, { sent: 1 }, { sent: 1, stopped: 1 }]);
  });

  test.each<[string, StageResult, string, string | null]>([
    ["an ending", { state: "done", ending: "recovered" }, "recovered", null],
    ["a failure", { state: "failed", error: "exit 1 twice" }, "failed", "exit 1 twice"],
    [
      "a failure with its ending",
      { state: "failed", error: "exit 1", ending: "did-not-come-back" },
      "did-not-come-back",
      "exit 1",
    ],
  ])("%s of a stage ends the agent, and later stages are skipped", async (...[, result, ending, error]) => {
    it.behave = (_, stage) => (stage === "stopped" ? result : { state: "done" });
    await executeOperation("op-1", it.execution());
    expect(it.ran).toEqual(["billing:sent", "billing:stopped"]);
    expect(marks(it.row)).toEqual([`done ${result.state} skipped`]);
    expect(it.row).toMatchObject({ state: "ended", ending, error });
  });

  test("an error of one agent among several is said with its name, and within the budget the others are done", async () => {
    it.row = operationOf({ input: { budget: 2 } }, ["billing", "invoices"]);
    it.behave = (agent) => (agent === "billing" ? { state: "failed", error: "exit 1" } : { state: "done" });
    await executeOperation("op-1", it.execution());
    expect(it.row).toMatchObject({
      ending: "partly",
      error: "billing: exit 1",
      targets: [{ ending: "failed" }, { ending: "done" }],
    });
  });
});

describe("after a crash", () => {
  test.each([...Array.from({ length: 8 }, (_, index) => index)])(
    "at its write number %i it goes on, and no finished stage runs again",
    async (crashAt) => {
      const save = it.execution().progress.save;
      let writes = 0;
      const crash = async (operation: Operation, audit?: readonly AuditEntry[]) => {
        if (writes === crashAt) throw new Error("killed");
        writes += 1;
        return save(operation, audit);
      };
      await expect(executeOperation("op-1", it.execution({ progress: { save: crash } }))).rejects.toThrow("killed");
      const before = [...it.ran];
      const finished =
        it.row.targets[0]?.stages.filter((stage) => stage.state === "done").map((stage) => stage.name) ?? [];
      await executeOperation("op-1", it.execution());
      expect(it.row).toMatchObject({ state: "ended", ending: "done" });
      expect(it.ran.slice(before.length)).toEqual(
        STAGES.filter((name) => !finished.includes(name)).map((name) => `billing:${name}`),
      );
      expect(it.audited.map((entry) => entry.event)).toEqual(["dispatch", "outcome"]);
    },
  );

  test("a stage that is run again keeps its first beginning", async () => {
    const stages = plannedStages(STAGES).map((stage, index) =>
      index === 0 ? { ...stage, state: "now" as const, startedAt: 7 } : stage,
    );
    it.row = operationOf({
      state: "running",
      startedAt: 5,
      targets: [{ agent: "billing", stages, memory: {}, ending: null }],
    });
    await executeOperation("op-1", it.execution());
    expect(it.row.targets[0]?.stages[0]).toMatchObject({ state: "done", startedAt: 7 });
    expect(it.row.startedAt).toBe(5);
  });
});

describe("rights", () => {
  test.each<[string, Role | null]>([
    ["is no person any more", null],
    ["has become a viewer", "viewer"],
  ])("an operation whose actor %s is refused before anything runs", async (_, found) => {
    it.role = found;
    await executeOperation("op-1", it.execution());
    expect(it.ran).toEqual([]);
    expect(it.row).toMatchObject({
      state: "ended",
      ending: "refused",
      error: expect.stringContaining("restart needs operator"),
    });
    expect(marks(it.row)).toEqual(["skipped skipped skipped"]);
    expect(it.audited).toMatchObject([{ event: "decision", decision: "refused", operationId: "op-1" }]);
  });

  test("one that has begun is brought to its end: half a restart helps nobody", async () => {
    it.row = operationOf({ state: "running", startedAt: 5 });
    it.role = null;
    await executeOperation("op-1", it.execution());
    expect(it.row).toMatchObject({ ending: "done" });
  });

  test("an actor of our own has the role that it came with", async () => {
    const actor = { ...it.row.actor, id: "schedule:nightly", person: false };
    it.row = operationOf({ actor });
    it.role = null;
    await executeOperation("op-1", it.execution());
    expect(it.row.ending).toBe("done");
  });
});
