import { operationOf, type Rehearsal, rehearse } from "@rollcall/test/operation-fixture.ts";
import { beforeEach, describe, expect, test } from "vitest";
import { Failure } from "./domain/failure.ts";
import { executeOperation } from "./execute-operation.ts";
import { workingAgent } from "./fake-agent-fixture.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { Person } from "./ports/directory.ts";
import type { PolicyRules } from "./ports/policy-rules.ts";

const person = (id: string, role: Person["role"]): Person => ({ id, name: id, mails: [], slack: [], role });

let it: Rehearsal;
let people: Person[];
let rules: PolicyRules;
let fleet: string[];
let confirm: (id: string) => Promise<boolean>;
beforeEach(() => {
  it = rehearse();
  people = [person("olga", "operator"), person("adam", "admin")];
  [rules, fleet, confirm] = [NO_RULES, ["billing", "invoices"], async () => true];
  it.row = operationOf({ approval: { requestId: "req-1", by: "adam", name: "adam" } }, ["billing", "invoices"]);
});

async function execute() {
  const before = it.execution().ports;
  const ports = {
    ...before,
    registry: { expected: async () => ({ agents: fleet.map((id) => workingAgent(id).expected) }) } as never,
    rules: { current: () => rules },
    directory: {
      ...before.directory,
      byId: (id: string) => people.find((one) => one.id === id) ?? null,
      confirm: (id: string) => confirm(id),
    },
  };
  await executeOperation("op-1", it.execution({ ports }));
}

const blockOf = (id: string) => ({ person: id, reason: "left", by: "eve", since: 0, until: null });

describe("what two people agreed to", () => {
  test("is done when both still may", async () => {
    await execute();
    expect(it.row).toMatchObject({ ending: "done" });
    expect(it.ran).toHaveLength(6);
  });

  test.each<[string, () => void, string, RegExp]>([
    ["the approver has left", () => people.pop(), "approver-gone", /adam, who agreed, is not in the directory/],
    [
      "the approver is no admin",
      () => (people[1] = person("adam", "operator")),
      "approver-gone",
      /is no admin any more/,
    ],
    [
      "the approver is blocked",
      () => (rules = { ...rules, blocks: [blockOf("adam")] }),
      "approver-gone",
      /is no admin/,
    ],
    [
      "the source no longer names the approver",
      () => (confirm = async (id) => id !== "adam"),
      "approver-gone",
      /is no admin/,
    ],
    ["the requester has left", () => people.shift(), "stranger", /no role/],
    ["the requester is a viewer", () => (people[0] = person("olga", "viewer")), "role-operator", /you are viewer/],
    ["the requester is blocked", () => (rules = { ...rules, blocks: [blockOf("olga")] }), "blocked", /blocked by eve/],
    [
      "the source no longer names the requester",
      () => (confirm = async (id) => id !== "olga"),
      "not-confirmed",
      /no longer/,
    ],
    ["an agent has gone from the fleet", () => fleet.pop(), "targets-changed", /invoices is not in the fleet/],
  ])("is not done when %s", async (...[, change, rule, why]) => {
    change();
    await execute();
    expect(it.ran).toEqual([]);
    expect(it.row).toMatchObject({ state: "ended", ending: "refused", error: expect.stringMatching(why) });
    expect(it.audited).toMatchObject([{ event: "decision", decision: "refused", rule }]);
  });

  test("is not done when nobody can say whether the approver still may: no answer is never a yes", async () => {
    confirm = async (id) => {
      if (id === "adam") throw new Failure("unavailable", "Google did not answer within 5 s");
      return true;
    };
    await execute();
    expect(it.ran).toEqual([]);
    expect(it.row).toMatchObject({ ending: "refused", error: expect.stringContaining("does not confirm that adam") });
  });
});
