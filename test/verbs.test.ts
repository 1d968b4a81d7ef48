import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { type Facts, openVerbStage, type VerbStage } from "./verb-stage.ts";

const FLEET = [
  { id: "archive-writer", group: "platform", criticality: "P3" },
  { id: "crm-chat", group: "platform", criticality: "P2" },
  { id: "shipping", group: "orders", criticality: "P2" },
  { id: "content-orchestrator", group: "content", criticality: "P1" },
] as const;
const EVERYBODY = FLEET.map(({ id }) => id);

/** How people say whom they mean, and who that is. */
const SELECTORS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["one agent", ["archive-writer"], ["archive-writer"]],
  ["a list", ["crm-chat", "shipping"], ["crm-chat", "shipping"]],
  ["a label", ["criticality=P1"], ["content-orchestrator"]],
  ["a group", ["@platform"], ["archive-writer", "crm-chat"]],
  ["all", ["all"], EVERYBODY],
];

let stage: VerbStage;
const begun: string[] = [];
beforeAll(async () => {
  const run = { about: "makes a report", steps: 1, withinSeconds: 60 };
  const begin = ({ id }: { readonly id: string }): void => void begun.push(id);
  const runs = { report: { ...run, begin } };
  stage = await openVerbStage(
    inject("redisUrl"),
    FLEET.map((one) => (one.id === "archive-writer" ? { ...one, runs } : one)),
  );
}, 60_000);
beforeEach(() => stage.putRight(), 60_000);
afterAll(() => stage.close());

/** Those of whom something is otherwise than before. */
function changedBetween(before: ReadonlyMap<string, Facts>, after: ReadonlyMap<string, Facts>): string[] {
  return [...after].filter(([id, facts]) => !sameFacts(facts, before.get(id))).map(([id]) => id);
}
const sameFacts = (one: Facts, other: Facts | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);

interface Change {
  readonly verb: string;
  /** What is done to all of the fleet before. */
  readonly first?: string;
  readonly more?: object;
  readonly ending: string;
  /** What is true afterwards of those that were meant. */
  readonly becomes: Partial<Facts>;
}
const CHANGES: readonly Change[] = [
  { verb: "restart", ending: "recovered", becomes: { runs: true, isPaused: false, desired: "running" } },
  { verb: "stop", ending: "done", becomes: { runs: false, desired: "stopped" } },
  { verb: "start", first: "stop", ending: "done", becomes: { runs: true, desired: "running" } },
  { verb: "pause", ending: "done", becomes: { runs: true, isPaused: true, desired: "paused" } },
  { verb: "resume", first: "pause", ending: "done", becomes: { runs: true, isPaused: false, desired: "running" } },
  { verb: "drain", ending: "done", becomes: { runs: false, desired: "stopped" } },
  {
    ...{ verb: "freeze", more: { time: "1h" }, ending: "done" },
    becomes: { runs: true, isPaused: true, desired: "paused" },
  },
];
const CELLS = CHANGES.flatMap((change) =>
  SELECTORS.map(([selector, who, meant]) => ({ ...change, selector, who, meant })),
);

describe("a verb does what it says to exactly those who are meant, whichever way they are named", () => {
  test.each(CELLS)("$verb $selector", { timeout: 120_000 }, async ({ verb, first, more, who, meant, ...wanted }) => {
    if (first !== undefined) await stage.run(first, { who: ["all"] });
    const before = await stage.facts();
    const operation = await stage.run(verb, { who, ...more });
    expect(operation).toMatchObject({ ending: wanted.ending, error: null });
    const after = await stage.facts();
    expect(changedBetween(before, after)).toEqual(meant);
    for (const id of meant) expect(after.get(id), id).toMatchObject(wanted.becomes);
  });
});

describe.each(SELECTORS)("of %s", (_name, who, meant) => {
  test.each([
    ["roll-call", { verdict: "working" }],
    ["health-check", { check: "passed" }],
  ])("%s asks exactly those, and they answer", async (command, proven) => {
    const answer = await stage.ask(command, { input: { who } });
    const { agents } = (answer as { data: { agents: readonly { id: string }[] } }).data;
    expect(agents.map(({ id }) => id).toSorted()).toEqual(meant.toSorted());
    for (const agent of agents) expect(agent).toMatchObject(proven);
  });

  test("thaw gives back exactly those that the freeze held", async () => {
    await stage.run("freeze", { who, time: "1h" });
    const frozen = await stage.facts();
    expect(await stage.run("thaw", {})).toMatchObject({ ending: "done" });
    const after = await stage.facts();
    expect(changedBetween(frozen, after)).toEqual(meant);
    for (const facts of after.values()) expect(facts).toMatchObject({ isPaused: false, desired: "running" });
  });

  test("maintenance mutes exactly those, and touches nobody", async () => {
    const before = await stage.facts();
    expect(await stage.run("maintenance", { who, time: "45m" })).toMatchObject({ ending: "done" });
    const windows = (await stage.ports.maintenance?.open()) ?? [];
    expect(windows.map(({ agents }) => agents.toSorted())).toEqual([meant.toSorted()]);
    expect(changedBetween(before, await stage.facts())).toEqual([]);
  });

  test("cancel of their restart brings the one that has begun to its end, and touches no other", {
    timeout: 60_000,
  }, async () => {
    const before = await stage.facts();
    const held = stage.kept.hold();
    const { operation } = await stage.accept("restart", { who });
    await held.asked;
    const cancel = await stage.accept("cancel", { operation: operation.id });
    held.release();
    expect(await stage.ended(cancel.operation.id)).toMatchObject({ ending: "done" });
    const { targets } = await stage.ended(operation.id);
    const touched = targets.filter(({ ending }) => ending !== "not-touched").map(({ agent }) => agent);
    expect(touched).toHaveLength(1);
    expect(changedBetween(before, await stage.facts())).toEqual(touched);
  });

  test("run-now and scale take one agent and no more", async () => {
    const input = { id: who.join(",") };
    const isId = who.length === 1 && who[0] === meant[0];
    const before = begun.length;
    if (isId) {
      const { id, ending } = await stage.run("run-now", input);
      expect([ending, begun.slice(before)]).toEqual(["done", [`run-${id}`]]);
    } else await expect(stage.ask("run-now", { input })).rejects.toThrow("A run takes one agent by its id");
    const scale = stage.ask("scale", { input: { ...input, copies: 2 } });
    await expect(scale).rejects.toThrow(isId ? "cannot scale" : "Scaling takes one agent by its id");
  });
});
