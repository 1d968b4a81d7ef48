import { describe, expect, test } from "vitest";
import type { Operation, Stage, TargetProgress } from "./domain/operation.ts";
import { takingBack, UNDO_MS } from "./undo.ts";

const ENDED_AT = 1_795_142_452_000;
const stage = (name: string, state: Stage["state"]): Stage => ({
  ...{ name, state, startedAt: ENDED_AT, endedAt: ENDED_AT, detail: null, error: null },
});
const target = (agent: string, more: Partial<TargetProgress> = {}): TargetProgress => ({
  ...{ agent, stages: [stage("sent", "done"), stage("paused", "done")], memory: { wasPaused: false }, ending: "done" },
  ...more,
});
const operation = (more: Partial<Operation> = {}): Operation => ({
  ...{ id: "op-481", command: "pause", input: {}, actor: {} as never, door: "slack", reason: null, requestId: "r" },
  ...{ state: "ended", ending: "done", error: null, targets: [target("billing")], incidentId: null },
  ...{ createdAt: ENDED_AT, startedAt: ENDED_AT, endedAt: ENDED_AT, usualSeconds: null, earlierRuns: 0, revision: 4 },
  ...more,
});
const freeze = { command: "freeze", targets: [target("freeze", { memory: { freeze: "fz-3" } })] };

describe("what takes an operation back", () => {
  test.each([
    ["a pause", {}, { command: "resume", input: { who: ["billing"] } }],
    ["a freeze", freeze, { command: "thaw", input: { freeze: "fz-3" } }],
    [
      "a silence",
      { command: "silence", targets: [target("silence", { memory: { silence: "sil-3" } })] },
      { command: "unsilence", input: { silence: "sil-3" } },
    ],
    [
      "a pause of which a part failed",
      { ending: "partly", targets: [target("billing"), target("invoices", { ending: "failed" })] } as const,
      { command: "resume", input: { who: ["billing"] } },
    ],
  ])("of %s is the command against it", (_, more, back) => {
    expect(takingBack(operation(more), ENDED_AT + UNDO_MS)).toEqual(back);
  });

  test.each([
    ["of what still runs", { state: "running", ending: null, endedAt: null } as const],
    ["of a restart", { command: "restart" }],
    ["of one that was taken back or is too old for it", { undoClosed: true } as const],
    ["of a silence that never came to be", { command: "silence", targets: [target("silence", { memory: {} })] }],
    ["of a freeze that never came to be", { ...freeze, targets: [target("freeze", { memory: {} })] }],
    ["of one that was paused anyway", { targets: [target("billing", { memory: { wasPaused: true } })] }],
    ["of one that is stopped", { targets: [target("billing", { stages: [stage("sent", "skipped")] })] }],
  ])("is nothing %s", (_, more) => {
    expect(takingBack(operation(more), ENDED_AT)).toBeNull();
  });

  test("is nothing after ten minutes", () => {
    expect(takingBack(operation(), ENDED_AT + UNDO_MS + 1)).toBeNull();
  });
});
