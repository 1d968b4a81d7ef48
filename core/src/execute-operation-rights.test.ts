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
