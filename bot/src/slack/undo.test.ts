import type { Operation } from "@rollcall/core/domain/operation.ts";
import { UNDO_MS } from "@rollcall/core/undo.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type DoorStage, openDoor, textOf } from "./door-fixture.ts";
import { ended, FRAME, SETTINGS } from "./fixtures.ts";
import { operationMessage } from "./render/operation.ts";

let stage: DoorStage;
beforeAll(async () => {
  stage = await openDoor();
});
beforeEach(async () => await stage.reset());
afterAll(async () => await stage.close());

/** Each test has an operation of its own: what took one back is remembered for good. */
let [number, id] = [480, ""];
beforeEach(() => {
  number += 1;
  id = `op-${number}`;
});

const FREEZE = { freeze: "fz-3" };

/** A freeze that has ended, and its message as the publisher posts it. @returns ts of the message */
async function postEnded(more: Partial<Operation> = {}): Promise<string> {
  const endedAt = Date.now() - 1000;
  const [target] = ended("done").targets;
  if (target === undefined) throw new Error("no target");
  const done = target.stages.map((one) => ({ ...one, state: "done" as const }));
  const targets = [{ ...target, stages: done, memory: { wasPaused: false } }];
  const operation = ended("done", { id, command: "pause", endedAt, targets, ...more });
  stage.rows.put(operation);
  const { text, blocks } = operationMessage(operation, { ...FRAME, now: endedAt });
  const response = await fetch(`${stage.standIn.url}/api/chat.postMessage`, {
    method: "POST",
    headers: { authorization: `Bearer ${SETTINGS.botToken}` },
    body: new URLSearchParams({ channel: "C0OPS", text, blocks: JSON.stringify(blocks) }),
  });
  return ((await response.json()) as { ts: string }).ts;
}

const isPaused = (agents: readonly string[]): void => {
  const { registry } = stage.deps.ports;
  const { expected } = registry;
  registry.expected = async () => {
    const fleet = await expected();
    const desired = { state: "paused", by: "Operator on call", since: Date.now() - 60_000, reason: null } as const;
    return { ...fleet, agents: fleet.agents.map((one) => (agents.includes(one.id) ? { ...one, desired } : one)) };
  };
  restore = () => {
    registry.expected = expected;
  };
};
let restore = (): void => {};
beforeEach(() => restore());

const press = (user: string, ts: string, value?: object) =>
  stage.slack.click({
    ...{ user, channel: "C0OPS", ts, action_id: "do.resume.0" },
    ...(value === undefined ? {} : { value: JSON.stringify(value) }),
  });

describe("Undo in the message of a pause", () => {
  test("resumes exactly whom it paused, in the name of who presses", async () => {
    isPaused(["billing", "invoices"]);
    await press("U0OPERATOR", await postEnded());
    await stage.whispered("U0OPERATOR", "*op-1* accepted: Resuming billing");
    expect(stage.accepted).toMatchObject([
      { command: "resume", agents: ["billing"], idempotencyKey: `undo:${id}`, actor: { id: "operator" } },
    ]);
  });

  test("has one effect, whoever presses it again", async () => {
    isPaused(["billing"]);
    const ts = await postEnded();
    await press("U0OPERATOR", ts);
    await stage.whispered("U0OPERATOR", "*op-1* accepted");
    await press("U0SECOND", ts);
    await stage.whispered("U0SECOND", "op-1");
    expect(stage.accepted).toHaveLength(1);
  });

  test("is refused to a viewer, as the command is", async () => {
    isPaused(["billing"]);
    await press("U0VIEWER", await postEnded());
    await stage.whispered("U0VIEWER", "Resume needs operator; you are viewer");
    expect(stage.accepted).toEqual([]);
    expect(stage.audited.at(-1)).toMatchObject({ command: "resume", decision: "refused" });
  });

  test("leaves alone who was changed by somebody since", async () => {
    isPaused([]);
    await press("U0OPERATOR", await postEnded());
    await stage.whispered("U0OPERATOR", `Nothing of ${id} is left to undo: somebody changed it since.`);
    expect(stage.accepted).toEqual([]);
  });

  test("comes too late after ten minutes, and says what to type", async () => {
    isPaused(["billing"]);
    const ts = await postEnded();
    stage.rows.put({ ...(stage.rows.operations.get(id) as Operation), endedAt: Date.now() - UNDO_MS - 1 });
    await press("U0OPERATOR", ts);
    const told = textOf(await stage.whispered("U0OPERATOR", `${id} can no longer be undone. Nothing was done.`));
    expect(told).toContain("/fleet resume");
    expect(stage.accepted).toEqual([]);
  });

  test("of more than one shows the plan first, and is once all the same", async () => {
    isPaused(["billing", "invoices"]);
    const [one] = ended("done").targets;
    if (one === undefined) throw new Error("no target");
    const stages = one.stages.map((each) => ({ ...each, state: "done" as const }));
    const targets = ["billing", "invoices"].map((agent) => ({ ...one, agent, stages, memory: { wasPaused: false } }));
    const ts = await postEnded({ targets });
    await press("U0OPERATOR", ts);
    const shown = async () => (await stage.slack.views("U0OPERATOR")).stack.at(-1) as { id: string } | undefined;
    const isPlan = async () => JSON.stringify(await shown()).includes("*Resume billing, invoices*");
    await vi.waitUntil(isPlan, { timeout: 15_000, interval: 20 });
    expect(stage.accepted).toEqual([]);
    const view = (await shown()) as { id: string };
    await stage.slack.submit("U0OPERATOR", view.id, {});
    expect(stage.accepted).toMatchObject([{ agents: ["billing", "invoices"], idempotencyKey: `undo:${id}` }]);
  });
});

describe("the message", () => {
  const blocks = (more: Partial<Operation>) => {
    const operation = ended("done", { command: "freeze", endedAt: FRAME.now, ...more });
    const [target] = operation.targets;
    const targets = target === undefined ? [] : [{ ...target, agent: "freeze", memory: FREEZE }];
    return JSON.stringify(operationMessage({ ...operation, targets }, FRAME).blocks);
  };
  test("of an ended freeze offers to undo it", () => {
    expect(blocks({})).toContain(JSON.stringify(JSON.stringify({ command: "thaw", input: {}, undo: "op-481" })));
  });
  test("of an ended silence offers to undo it", () => {
    const operation = ended("done", { command: "silence", endedAt: FRAME.now, input: { who: ["billing"] } });
    const targets = operation.targets.map((one) => ({ ...one, agent: "silence", memory: { silence: "sil-3" } }));
    const shown = JSON.stringify(operationMessage({ ...operation, targets }, FRAME).blocks);
    expect(shown).toContain(JSON.stringify(JSON.stringify({ command: "unsilence", input: {}, undo: "op-481" })));
    expect(shown).toContain("billing silenced");
  });
  test("says what undid it, and offers it no longer", () => {
    const shown = blocks({ undoneBy: "op-490", undoClosed: true });
    expect([shown.includes("undone by op-490"), shown.includes("Undo")]).toEqual([true, false]);
  });
});
