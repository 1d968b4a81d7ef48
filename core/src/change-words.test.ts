import { describe, expect, test } from "vitest";
import { changeWords, foldChanges } from "./change-words.ts";
import type { Change } from "./domain/change.ts";

const NOW = 1_795_142_452_000;
const change = (known: Partial<Change>): Change => ({
  ...{ id: "ch-2", at: NOW, kind: "version", agents: ["billing"], agentCount: 1 },
  ...{ what: "4.7.1 → 4.7.2", version: "4.7.2", by: null, link: null, ...known },
});

describe("a change in words", () => {
  test.each<[string, Partial<Change>]>([
    ["billing 4.7.1 → 4.7.2", {}],
    ["billing 4.7.1 → 4.7.2, by CI", { by: "CI" }],
    [
      "billing, invoices newly expected",
      { kind: "fleet", agents: ["billing", "invoices"], agentCount: 2, what: "newly expected" },
    ],
    [
      "22 agents started anew, not by Rollcall",
      { kind: "start", agents: ["billing"], agentCount: 22, what: "started anew, not by Rollcall" },
    ],
    [
      "schema moved to 41, by Olga",
      { kind: "deployment", agents: [], agentCount: 0, what: "schema moved to 41", by: "Olga" },
    ],
    [
      "restart of billing, recovered, by Olga (op-481)",
      { id: "op-481", kind: "operation", what: "restart, recovered", by: "Olga" },
    ],
    [
      "block, done, by Olga (op-482)",
      { id: "op-482", kind: "operation", agents: [], agentCount: 0, what: "block, done", by: "Olga" },
    ],
  ])("%s", (words, known) => {
    expect(changeWords(change(known))).toBe(words);
  });
});

describe("what happened to many agents at once", () => {
  const start = (agent: string, at = NOW): Change =>
    change({ id: `ch-${agent}`, kind: "start", agents: [agent], what: "started anew, not by Rollcall", at });

  test("is one change", () => {
    const folded = foldChanges([
      start("invoices"),
      change({}),
      start("billing", NOW - 20_000),
      start("billing", NOW - 30_000),
    ]);
    expect(folded.map(({ kind, agents, agentCount }) => [kind, agents, agentCount])).toEqual([
      ["start", ["billing", "invoices"], 2],
      ["version", ["billing"], 1],
    ]);
  });

  test("is two if it happened minutes apart, and orders are never joined", () => {
    expect(foldChanges([start("invoices"), start("billing", NOW - 120_000)])).toHaveLength(2);
    const order = (id: string): Change => change({ id, kind: "operation", what: "restart, recovered" });
    expect(foldChanges([order("op-2"), order("op-1")])).toHaveLength(2);
  });
});
