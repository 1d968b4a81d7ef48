import { operationOf } from "@rollcall/test/operation-fixture.ts";
import { describe, expect, test } from "vitest";
import type { Stage } from "./domain/operation.ts";
import { viewOperation } from "./view-operation.ts";

const stage = (name: string, changes: Partial<Stage> = {}): Stage => ({
  ...{ name, state: "next", startedAt: null, endedAt: null, detail: null, error: null },
  ...changes,
});
const stages = [
  stage("sent", { state: "done", startedAt: 1000, endedAt: 1100 }),
  stage("stopped", { state: "now", startedAt: 1100 }),
  stage("started"),
  stage("working"),
];
const restart = operationOf({
  ...{ id: "op-7", state: "running", createdAt: 1000, startedAt: 1000, usualSeconds: 38, earlierRuns: 5 },
  targets: [{ agent: "billing", stages, memory: { pid: 4711 }, ending: null }],
});

describe("viewOperation", () => {
  test("says how far each agent and the whole is, and how long it may still take", () => {
    expect(viewOperation(restart, 4000)).toMatchObject({
      ...{ asOf: 4000, percent: 25, secondsLeft: 35, usualSeconds: 38, earlierRuns: 5 },
      targets: [
        {
          ...{ agent: "billing", current: "stopped" },
          stages: [
            { name: "sent", state: "done", startedAt: 1000, endedAt: 1100, seconds: 0.1, error: null },
            { name: "stopped", state: "now", seconds: null },
            { name: "started", state: "next", startedAt: null, seconds: null },
            { name: "working" },
          ],
        },
      ],
    });
  });

  test("tells lateness as less than nothing left", () => {
    expect(viewOperation(restart, 49_000).secondsLeft).toBe(-10);
  });

  test("gives no estimate without earlier runs, nor of what has ended", () => {
    expect(viewOperation({ ...restart, usualSeconds: null }, 4000).secondsLeft).toBeNull();
    const ended = viewOperation({ ...restart, state: "ended", ending: "recovered", endedAt: 4000 }, 4000);
    expect(ended).toMatchObject({ percent: 100, secondsLeft: null });
  });

  test("lets no stage take less than nothing where two clocks measured it", () => {
    const odd = [stage("sent", { state: "done", startedAt: 1000, endedAt: 990 })];
    const view = viewOperation({ ...restart, targets: [{ agent: "a", stages: odd, memory: {}, ending: null }] }, 0);
    expect(view.targets[0]?.stages[0]?.seconds).toBe(0);
  });

  test("keeps to itself what only the stages remember", () => {
    expect(JSON.stringify(viewOperation(restart, 4000))).not.toContain("4711");
  });
});
