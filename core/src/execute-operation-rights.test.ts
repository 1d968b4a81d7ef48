import { type Rehearsal, rehearse } from "@rollcall/test/operation-fixture.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { executeOperation } from "./execute-operation.ts";
import { workingAgent } from "./fake-agent-fixture.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { DirectoryTrust } from "./ports/directory.ts";
import type { PolicyRules } from "./ports/policy-rules.ts";

let it: Rehearsal;
beforeEach(() => {
  it = rehearse();
});

const HOUR = 3_600_000;
const block = { person: "olga", reason: "phone lost", by: "Adam", since: 0, until: null };
const scope = { id: "payments-only", who: ["olga"], commands: ["restart"], agents: ["owner=payments"] };
const lift = { person: "olga", role: "operator" as const, reason: "on call", by: "Adam", since: 0 };

interface Change {
  readonly rules?: Partial<PolicyRules>;
  readonly trust?: Partial<DirectoryTrust>;
  readonly role?: "viewer" | "operator";
}

/** What has changed between the wish and its beginning. */
async function beginAfter({ rules = {}, trust, role = "operator" }: Change): Promise<void> {
  it.role = role;
  const execution = it.execution();
  const { directory, registry } = execution.ports;
  const agents = [workingAgent("billing").expected];
  const ports = {
    ...execution.ports,
    rules: { current: () => ({ ...NO_RULES, ...rules }) },
    registry: { ...registry, expected: async () => ({ ...(await registry.expected()), agents }) },
    directory: { ...directory, ...(trust && { trust: () => ({ asOf: Date.now(), held: null, ...trust }) }) },
  };
  await executeOperation("op-1", { ...execution, ports });
}

describe("rights that changed between asking and doing (G5)", () => {
  test.each<[string, Change, string]>([
    ["the person was blocked", { rules: { blocks: [block] } }, "blocked"],
    ["a scope was narrowed", { rules: { scopes: [scope] } }, "scope"],
    ["a lift has ended", { role: "viewer", rules: { lifts: [{ ...lift, until: 1 }] } }, "role-operator"],
    ["the list of people is in doubt", { trust: { held: "admins shrank from 12 to 3" } }, "directory-held"],
    ["the list of people was lost", { trust: { asOf: null } }, "directory-stale"],
    ["nobody knows who is blocked", { rules: { readAt: null } }, "rules-unknown"],
  ])("G5: %s, so it is refused before anything runs, and that is written down", async (_, change, rule) => {
    await beginAfter(change);
    expect(it.ran).toEqual([]);
    expect(it.row).toMatchObject({ state: "ended", ending: "refused" });
    expect(it.audited).toMatchObject([{ event: "decision", decision: "refused", rule, operationId: "op-1" }]);
  });

  test.each<[string, Change]>([
    ["a block of somebody else", { rules: { blocks: [{ ...block, person: "vera" }] } }],
    ["a block that is over", { rules: { blocks: [{ ...block, until: 1 }] } }],
    ["a scope that covers the agent", { rules: { scopes: [{ ...scope, agents: ["billing"] }] } }],
    ["a lift that lasts", { role: "viewer", rules: { lifts: [{ ...lift, until: HOUR }] } }],
  ])("%s stops nothing", async (_, change) => {
    await beginAfter(change);
    expect(it.row).toMatchObject({ state: "ended", ending: "done" });
    expect(it.ran).toHaveLength(3);
  });
});

describe("rights that go while many agents are worked on", () => {
  test("the agent under way is finished, no further one is touched, and each refusal is written down", async () => {
    const rows = it.row.targets;
    const [first] = rows;
    if (first === undefined) throw new Error("no target");
    it.row = { ...it.row, targets: ["billing", "invoices", "shipping"].map((agent) => ({ ...first, agent })) };
    let rules = NO_RULES;
    it.behave = (agent, stage) => {
      if (agent === "billing" && stage === "sent") rules = { ...NO_RULES, blocks: [block] };
      return { state: "done" };
    };
    const execution = it.execution();
    const ports = { ...execution.ports, rules: { current: () => rules } };
    await executeOperation("op-1", { ...execution, ports });
    expect(new Set(it.ran.map((ran) => ran.split(":")[0]))).toEqual(new Set(["billing"]));
    expect(it.row.targets.map(({ ending }) => ending)).toEqual(["done", "refused", "refused"]);
    expect(it.row).toMatchObject({ ending: "partly", error: "invoices: you are blocked by Adam: phone lost" });
    const refusals = it.audited.filter(({ decision }) => decision === "refused");
    expect(refusals.map(({ targets, rule }) => [targets, rule])).toEqual([
      [["invoices"], "blocked"],
      [["shipping"], "blocked"],
    ]);
  });
});
