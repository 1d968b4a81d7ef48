import { describe, expect, test } from "vitest";
import type { ActCommand } from "../command.ts";
import { lookAt, named } from "../command-fixture.ts";
import { parseCommandWords } from "../command-words.ts";
import { toRun } from "../diagnostic-run.ts";
import type { Operation, TargetProgress } from "../domain/operation.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { loadCommands } from "../load-commands.ts";
import { applyResult, beginStage, overallEnding } from "../operation-course.ts";

const diagRun = named("diag-run") as ActCommand;

/** A run of the checks as the command path makes it. */
async function runChecks(fleet: FakeFleet, names: readonly string[]): Promise<Operation> {
  const targets: TargetProgress[] = [];
  for (const name of names) {
    const stages = diagRun.stages.map((stage) => ({ ...targetOf(name).stages[0], name: stage.name }));
    const target = beginStage({ ...targetOf(name), stages: stages as never }, "check", fleet.now);
    const result = await diagRun.stages[0]?.run(target, fleet.acting({ id: "op-5", command: "diag-run" }));
    if (result !== undefined) targets.push(applyResult(target, { stage: "check", result, now: fleet.now + 40 }));
  }
  const ending = overallEnding(targets);
  const { operation } = fleet.acting({ id: "op-5", command: "diag-run", input: { suite: "smoke" } });
  return { ...operation, targets, ending, state: "ended", endedAt: fleet.now };
}

test("`diag run smoke` is one run of the suite, check by check, and names no agent", async () => {
  const { command, input } = parseCommandWords("diag run smoke", await loadCommands());
  expect(command.name).toBe("diag-run");
  const names = diagRun.subjects?.(input, new FakeFleet().reading()) ?? [];
  expect(names).toContain("redis-answers");
  expect(names).not.toContain("audit-chain-unbroken");
  expect(diagRun.subjects?.({ suite: "full" }, new FakeFleet().reading()).length).toBeGreaterThan(names.length);
  expect(() => parseCommandWords("diag run slow", [command])).toThrow("smoke");
  expect(await diagRun.targets(input, new FakeFleet().reading())).toEqual([]);
});

test("a run that finds something wrong goes on with the rest, and says what to type", async () => {
  const fleet = new FakeFleet("billing", "invoices");
  fleet.kill("billing");
  const operation = await runChecks(fleet, ["heartbeats-fresh", "redis-answers", "of-another-version"]);
  expect(operation.ending).toBe("partly");
  expect(operation.targets[0]?.stages[0]?.error).toBe("1 of 2 do not beat: billing → agent billing");
  expect(toRun(operation)).toMatchObject({
    ...{ id: "op-5", suite: "smoke", by: "Operator on call", state: "failed" },
    ...{ passed: 1, failed: 2, skipped: 0, total: 3 },
    checks: [
      {
        ...{ name: "heartbeats-fresh", state: "failed", next: "agent billing", seconds: 0.04 },
        evidence: ["1 of 2 do not beat: billing"],
      },
      { name: "redis-answers", state: "passed", next: null },
      { name: "of-another-version", state: "failed", evidence: ["this version has no check of-another-version"] },
    ],
  });
});

describe("`diag cancel RUN`", () => {
  const cancel = named("diag-cancel") as ActCommand;
  const wishOf = (fleet: FakeFleet, run: string, change: Partial<Operation> = {}): Operation => ({
    ...fleet.acting({ id: "op-6", command: "diag-cancel", input: { run } }).operation,
    ...change,
  });

  test("leaves the check that runs, and skips the others; who did it is shown", async () => {
    const fleet = new FakeFleet("billing");
    const list = (): Promise<never> => {
      fleet.running.push(wishOf(fleet, "op-5"));
      return new Promise(() => undefined);
    };
    Object.assign(fleet.ports, { supervisor: { ...fleet.ports.supervisor, list } });
    const operation = await runChecks(fleet, ["redis-answers", "supervisor-answers", "clocks-agree"]);
    expect(operation.targets.map(({ ending }) => ending)).toEqual(["done", "cancelled", "cancelled"]);
    const shown = toRun(operation);
    expect(shown).toMatchObject({ state: "cancelled", passed: 1, failed: 0, skipped: 2 });
    expect(shown.checks[1]).toMatchObject({ state: "skipped", evidence: ["cancelled by Operator on call"] });
  });

  test.each<[string, string, Partial<Operation>]>([
    ["a wish for another run", "op-4", {}],
    ["a wish that was refused", "op-5", { ending: "refused" }],
    ["another command", "op-5", { command: "diag-history" }],
  ])("%s stops nothing", async (_what, id, change) => {
    const fleet = new FakeFleet("billing");
    fleet.running.push(wishOf(fleet, id, change));
    const operation = await runChecks(fleet, ["redis-answers"]);
    expect(toRun(operation)).toMatchObject({ state: "passed", skipped: 0 });
  });

  test("a run goes on while nobody can tell whether it was cancelled", async () => {
    const fleet = new FakeFleet("billing");
    fleet.away.add("postgres");
    expect(toRun(await runChecks(fleet, ["redis-answers"]))).toMatchObject({ state: "passed" });
  });

  test("refuses a run that is not there, or has ended, and says what is under way", async () => {
    const fleet = new FakeFleet("billing");
    const ended = await runChecks(fleet, ["redis-answers"]);
    const other = { ...ended, id: "op-7", command: "restart" };
    const known = new Map([ended, other].map((one) => [one.id, one]));
    Object.assign(fleet.ports.operations, { find: async (id: string) => known.get(id) ?? null });
    const ask = (run: string) => cancel.targets({ run }, fleet.reading());
    await expect(ask("op-5")).rejects.toThrow("op-5 has ended already: 1 passed. Nothing was done.");
    await expect(ask("op-9")).rejects.toThrow("There is no run op-9. None is under way. Nothing was done.");
    fleet.running.push({ ...ended, id: "op-8", state: "running" });
    await expect(ask("op-7")).rejects.toThrow("There is no run op-7. Under way: op-8. Nothing was done.");
  });

  test("is done when the run has ended, with how far it came", async () => {
    const fleet = new FakeFleet("billing");
    const operation = await runChecks(fleet, ["redis-answers"]);
    let looks = 0;
    const find = async () => (looks++ === 0 ? { ...operation, state: "running" as const } : operation);
    Object.assign(fleet.ports.operations, { find });
    const result = await cancel.stages[0]?.run(targetOf("op-5"), fleet.acting());
    expect(result).toEqual({ state: "done", detail: "1 passed", ending: "done" });
  });
});

test("a run that was left lying for more than 5 min is ended, and says so", async () => {
  const fleet = new FakeFleet("billing");
  const { operation } = fleet.acting({ startedAt: fleet.now - 301_000 });
  const result = await diagRun.stages[0]?.run(targetOf("redis-answers"), {
    ports: fleet.ports,
    operation,
    commands: [],
  });
  expect(result).toMatchObject({ state: "failed", ending: "failed", error: expect.stringContaining("5 min already") });
});

test("`diag` lists every check, and offers a run only to who may", async () => {
  const fleet = new FakeFleet("billing");
  const shown = await lookAt(fleet, { name: "diag" });
  expect(shown.headline).toMatch(/^\*\d+ checks\*$/);
  expect(shown.lines).toContain("*redis-answers* Redis answers within a second");
  expect(shown.actions.map(({ command }) => command)).toEqual(["diag-run", "diag-run", "diag-history"]);
  const viewer = { ...fleet.reading().actor, role: "viewer" as const };
  expect((await lookAt(fleet, { name: "diag", actor: viewer })).actions).toHaveLength(1);
});

test("`diag history` shows what was found, newest first, and what runs", async () => {
  const fleet = new FakeFleet("billing");
  expect((await lookAt(fleet, { name: "diag-history" })).headline).toBe("❔ *No diagnostics have been run*");
  fleet.kill("billing");
  const bad = await runChecks(fleet, ["heartbeats-fresh", "redis-answers"]);
  fleet.running.push({ ...bad, id: "op-6", state: "running", ending: null }, bad);
  const refused = { ...bad, id: "op-4", targets: [{ ...targetOf("redis-answers"), ending: "refused" as const }] };
  fleet.running.push({ ...refused, ending: "refused" });
  const shown = await lookAt(fleet, { name: "diag-history" });
  expect(shown.headline).toBe("🔴 *smoke: 1 passed, 1 failed* (op-5)");
  expect(shown.lines).toEqual([
    "⏳ op-6 smoke · 2 of 2 · T0 by Operator on call · heartbeats-fresh → agent billing",
    "🔴 op-5 smoke · 1 passed, 1 failed · T0 by Operator on call · heartbeats-fresh → agent billing",
    "❔ op-4 smoke · 0 passed · T0 by Operator on call",
  ]);
});
