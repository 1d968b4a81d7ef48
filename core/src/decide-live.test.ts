import { describe, expect, test } from "vitest";
import { decideLive } from "./decide-live.ts";
import { Failure } from "./domain/failure.ts";
import { personActor } from "./person-actor.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { Directory, Person } from "./ports/directory.ts";
import type { OwnRule } from "./second-person.ts";

const NOW = 1_795_142_452_000;
const ADAM: Person = { id: "adam", name: "Adam", mails: [], slack: [], role: "admin", grants: [] };
const AGENT = {
  ...{ id: "billing", group: "orders", owner: "orders", criticality: "P0" as const, labels: {} },
  runtime: { kind: "process" as const, name: "billing" },
};
const DISCARD = { name: "discard", kind: "act", role: "admin", danger: 3 } as const;
const RESTART = { name: "restart", kind: "act", role: "operator", danger: 2 } as const;
const SEE = { name: "dead-letters", kind: "read", role: "viewer", danger: 0 } as const;

function ask({
  command = DISCARD,
  confirm = async () => true,
  isApproved = true,
  secondPerson = null,
  person = ADAM,
}: {
  command?: Parameters<typeof decideLive>[0]["command"];
  confirm?: Directory["confirm"];
  isApproved?: boolean;
  secondPerson?: OwnRule | null;
  person?: Person | null;
}) {
  const asked: string[] = [];
  const directory: Directory = {
    ...{ source: "Google Workspace", bySlack: () => null, byMail: () => null, byToken: () => null },
    byId: () => person,
    withRole: () => [ADAM],
    trust: () => ({ asOf: NOW, held: null }),
    confirm: (id, role) => {
      asked.push(`${id} ${role}`);
      return confirm(id, role);
    },
  };
  const rights = { directory, rules: NO_RULES, now: NOW };
  const scope = { targets: [AGENT], fleetSize: 22, secondPerson, isApproved };
  const decision = decideLive({ actor: personActor(ADAM, rights), command, ...rights, scope }, { directory });
  return decision.then((answer) => ({ ...answer, asked }));
}

describe("what cannot be undone", () => {
  test("is confirmed by the source of the rights before it is allowed", async () => {
    expect(await ask({})).toMatchObject({ allowed: true, asked: ["adam admin"] });
  });

  test("is refused to who has just lost the role, whatever is remembered", async () => {
    expect(await ask({ confirm: async () => false })).toMatchObject({
      ...{ allowed: false, rule: "not-confirmed" },
      why: "Google Workspace was asked just now and no longer calls you admin",
    });
  });

  test("is refused when the source does not answer: no answer is never a yes", async () => {
    const confirm = async () => Promise.reject(new Failure("unavailable", "Google did not answer within 5 s"));
    expect(await ask({ confirm })).toMatchObject({ allowed: false, rule: "not-confirmed" });
  });

  test("is refused to who is not in the directory any more, without asking", async () => {
    expect(await ask({ person: null })).toMatchObject({ allowed: false, rule: "stranger", asked: [] });
  });

  test("is not even asked of a second person if the first one's role is gone", async () => {
    const question = {
      command: RESTART,
      isApproved: false,
      secondPerson: { rule: "p0-working", why: "P0 agent billing works" },
    };
    expect(await ask(question)).toMatchObject({ allowed: false, needsSecondPerson: true, asked: ["adam admin"] });
    expect(await ask({ ...question, confirm: async () => false })).toMatchObject({ needsSecondPerson: false });
  });
});

test.each([SEE, RESTART])("$name does not wait for the source", async (command) => {
  expect(await ask({ command, confirm: async () => false, isApproved: false })).toMatchObject({
    allowed: true,
    asked: [],
  });
});
