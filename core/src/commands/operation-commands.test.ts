import { operationOf } from "@rollcall/test/operation-fixture.ts";
import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand } from "../command.ts";
import { lookAt, named } from "../command-fixture.ts";
import type { Stage } from "../domain/operation.ts";
import { FakeFleet } from "../fleet-fixture.ts";

const stage = (name: string, changes: Partial<Stage> = {}): Stage => ({
  ...{ name, state: "next", startedAt: null, endedAt: null, detail: null, error: null },
  ...changes,
});

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing");
  const { now } = fleet;
  const stages = [
    stage("sent", { state: "done", startedAt: now - 3000, endedAt: now - 2900 }),
    stage("stopped", { state: "now", startedAt: now - 2900 }),
    stage("started"),
    stage("working"),
  ];
  const running = operationOf({
    ...{ id: "op-7", state: "running", createdAt: now - 3000, startedAt: now - 3000, usualSeconds: 38 },
    targets: [{ agent: "billing", stages, memory: {}, ending: null }],
  });
  const ended = operationOf({ id: "op-6", state: "ended", ending: "failed", error: "exit 1 twice", endedAt: 5500 });
  fleet.running.push(running);
  Object.assign(fleet.ports.operations, {
    list: async ({ running: wanted, agent }: { running?: boolean; agent?: string }) =>
      (wanted === true ? fleet.running : [ended]).filter(
        ({ targets }) => agent === undefined || targets.some((target) => target.agent === agent),
      ),
    find: async (id: string) => [running, ended].find((one) => one.id === id) ?? null,
  });
});

describe("ops", () => {
  test("says what runs, how far it is and how long it may take, and what ended last", async () => {
    const { headline, lines } = await lookAt(fleet, { name: "ops" });
    expect(headline).toBe("⏳ *1 operation under way*");
    expect(lines).toEqual([
      "⏳ op-7 *restart billing* · running · 25 % · about 35 s left · Olga",
      "❌ op-6 *restart billing* · failed in 5 s: exit 1 twice · Olga",
    ]);
  });

  test("says that nothing runs", async () => {
    fleet.running.length = 0;
    expect((await lookAt(fleet, { name: "ops" })).headline).toBe("Nothing runs");
  });
});

describe("op", () => {
  test.each([["op-7"], ["7"], ["OP-7"]])("tells %s stage by stage", async (id) => {
    const { lines, data } = await lookAt(fleet, { name: "op", input: { id } });
    expect(lines).toEqual(["billing: sent ✓ 0.1 s · stopped ▸ · started ○ · working ○"]);
    expect(data).toMatchObject({
      ...{ percent: 25, secondsLeft: 35 },
      targets: [{ current: "stopped", stages: [{ name: "sent", seconds: 0.1 }, {}, {}, {}] }],
    });
  });

  test("that there is not says what to type", async () => {
    await expect(lookAt(fleet, { name: "op", input: { id: "op-99" } })).rejects.toMatchObject({
      ...{ code: "not_found", message: 'There is no operation "op-99". Try: ops' },
    });
  });
});

describe.each(["cancel", "continue"])("%s", (command) => {
  const aim = (operation: string) => (named(command) as ActCommand).targets({ operation }, fleet.reading());

  test("of an agent's name leads to the operation that it is in, and does nothing", async () => {
    await expect(aim("billing")).rejects.toMatchObject({
      ...{ code: "invalid_input", message: "billing is in op-7 (restart by Olga)" },
      detail: { allowed: ["op-7"], next: "Name it as op-7. Nothing was done." },
    });
  });

  test("of anything else says what lists operations", async () => {
    await expect(aim("invoices")).rejects.toMatchObject({
      code: "invalid_input",
      message: '"invoices" is no operation, and none of that agent is under way',
      detail: { next: "`ops` lists what runs. Nothing was done." },
    });
  });
});
