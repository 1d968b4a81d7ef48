import { describe, expect, test } from "vitest";
import type { Role } from "./domain/actor.ts";
import { personActor } from "./person-actor.ts";
import { decide, mayAsk, type PolicyQuestion } from "./policy.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { DirectoryTrust, Person } from "./ports/directory.ts";
import type { PolicyRules } from "./ports/policy-rules.ts";

const NOW = 1_795_142_452_000;
const MINUTE = 60_000;
const OLGA = personOf("olga", "operator", ["fleet-operators@example.test"]);
const ADAM = personOf("adam", "admin", ["fleet-admins@example.test", "people-of-platform@example.test"]);
const VERA = personOf("vera", "viewer", ["fleet-viewers@example.test"]);

function personOf(id: string, role: Role | null, groups: readonly string[]): Person {
  const [from = "", ...via] = groups;
  const grants = role === null ? [] : [{ role, from, via, knownSince: NOW - MINUTE }];
  return { id, name: id[0]?.toUpperCase() + id.slice(1), mails: [], slack: [], role, grants };
}

const directoryOf = (trust: Partial<DirectoryTrust> = {}): PolicyQuestion["directory"] => ({
  source: "Google Workspace",
  byId: (id) => [OLGA, ADAM, VERA].find((one) => one.id === id) ?? null,
  withRole: (role) => (role === "viewer" ? [OLGA, ADAM, VERA] : role === "operator" ? [OLGA, ADAM] : [ADAM]),
  trust: () => ({ asOf: NOW - MINUTE, held: null, ...trust }),
});

const agentOf = (id: string, owner: string, labels = {}) => ({
  ...{
    id,
    group: "orders",
    owner,
    criticality: "P1" as const,
    labels,
    runtime: { kind: "process" as const, name: id },
  },
});
const BILLING = agentOf("billing", "payments", { tier: "back" });
const SHIPPING = agentOf("shipping", "orders");

const RESTART = { name: "restart", kind: "act", role: "operator", danger: 2 } as const;
const BLOCK = { name: "block", kind: "act", role: "admin", danger: 1 } as const;
const STATUS = { name: "status", kind: "read", role: "viewer", danger: 0 } as const;
const WHOAMI = { name: "whoami", kind: "read", role: null, danger: 0 } as const;

interface Case {
  readonly person?: Person;
  readonly command?: PolicyQuestion["command"];
  readonly rules?: Partial<PolicyRules>;
  readonly trust?: Partial<DirectoryTrust>;
  readonly targets?: readonly ReturnType<typeof agentOf>[] | null;
}

function ask({ person = OLGA, command = RESTART, rules = {}, trust = {}, targets = [SHIPPING] }: Case) {
  const rights = { directory: directoryOf(trust), rules: { ...NO_RULES, ...rules }, now: NOW };
  const scope = targets === null ? null : { targets, fleetSize: 22, secondPerson: null };
  return decide({ actor: personActor(person, rights), command, ...rights, scope });
}

describe("how old the knowledge of rights may be", () => {
  test.each<[string, Case, boolean]>([
    ["an operator's change, 15 min old", { trust: { asOf: NOW - 15 * MINUTE } }, true],
    ["an operator's change, older", { trust: { asOf: NOW - 15 * MINUTE - 1 } }, false],
    ["an admin's change, 5 min old", { person: ADAM, command: BLOCK, trust: { asOf: NOW - 5 * MINUTE } }, true],
    ["an admin's change, older", { person: ADAM, command: BLOCK, trust: { asOf: NOW - 5 * MINUTE - 1 } }, false],
    ["a change, never read", { trust: { asOf: null } }, false],
    ["a look, never read", { command: STATUS, trust: { asOf: null } }, true],
    ["a look, a day old", { command: STATUS, trust: { asOf: NOW - 1440 * MINUTE } }, true],
    ["a change while the list is held", { trust: { held: "fleet-admins@ shrank from 12 to 3" } }, false],
    ["a look while the list is held", { command: STATUS, trust: { held: "shrank" } }, true],
    ["a change before blocks were read", { rules: { readAt: null } }, false],
  ])("%s: %s", (_, question, allowed) => {
    expect(ask(question).allowed).toBe(allowed);
  });

  test("a refusal says how old it is and how old it may be", () => {
    expect(ask({ trust: { asOf: NOW - 17.5 * MINUTE } })).toMatchObject({
      rule: "directory-stale",
      why: "what Google Workspace says about rights is 17 min old, and this needs it no older than 15 min",
    });
  });

  test("our own actors do not depend on it", () => {
    const rights = { directory: directoryOf({ asOf: null }), rules: NO_RULES, now: NOW };
    const schedule = {
      id: "schedule:x",
      name: "x",
      role: "operator" as const,
      person: false,
      source: "",
      slackUser: null,
    };
    expect(decide({ actor: schedule, command: RESTART, ...rights, scope: null }).allowed).toBe(true);
  });
});

describe("a block", () => {
  const block = { person: "olga", reason: "phone lost", by: "Adam", since: NOW, until: null };

  test("takes everything but what everybody may do", () => {
    expect(ask({ rules: { blocks: [block] } })).toMatchObject({
      rule: "blocked",
      why: "you are blocked by Adam: phone lost",
    });
    expect(ask({ command: STATUS, rules: { blocks: [block] } }).allowed).toBe(false);
    expect(ask({ command: WHOAMI, rules: { blocks: [block] } }).allowed).toBe(true);
    expect(ask({ person: ADAM, rules: { blocks: [block] } }).allowed).toBe(true);
  });

  test("ends at its time", () => {
    expect(ask({ rules: { blocks: [{ ...block, until: NOW + 1 }] } }).allowed).toBe(false);
    expect(ask({ rules: { blocks: [{ ...block, until: NOW }] } }).allowed).toBe(true);
  });

  test("takes the person off the list of who can do it", () => {
    const blocks = [{ ...block, person: "adam" }];
    expect(ask({ person: VERA, rules: { blocks } }).whoCan).toEqual(["Olga"]);
  });
});

describe("a lift", () => {
  const lift = { person: "vera", role: "operator" as const, reason: "on call", by: "Adam", since: NOW, until: NOW + 1 };

  test("raises the role of one person until it ends", () => {
    expect(ask({ person: VERA }).allowed).toBe(false);
    expect(ask({ person: VERA, rules: { lifts: [lift] } }).allowed).toBe(true);
    expect(ask({ person: VERA, rules: { lifts: [{ ...lift, until: NOW }] } }).allowed).toBe(false);
    expect(ask({ person: VERA, rules: { lifts: [{ ...lift, person: "olga" }] } }).allowed).toBe(false);
  });

  test("never lowers a role, and does not help who is blocked", () => {
    const low = { ...lift, person: "adam", role: "viewer" as const };
    expect(ask({ person: ADAM, command: BLOCK, rules: { lifts: [low] } }).allowed).toBe(true);
    const blocks = [{ person: "vera", reason: "left", by: "Adam", since: NOW, until: null }];
    expect(ask({ person: VERA, rules: { lifts: [lift], blocks } }).allowed).toBe(false);
  });

  test("puts the person on the list of who can do it", () => {
    expect(ask({ person: personOf("gus", null, []), rules: { lifts: [lift] } }).whoCan).toEqual([
      "Olga",
      "Adam",
      "Vera",
    ]);
  });
});

describe("a scope", () => {
  const scope = { id: "payments-only", who: ["olga"], commands: ["restart", "stop"], agents: ["owner=payments"] };

  test.each<[string, Case, boolean]>([
    ["an agent it covers", { targets: [BILLING] }, true],
    ["an agent it does not cover", { targets: [SHIPPING] }, false],
    ["one of two agents that it does not cover", { targets: [BILLING, SHIPPING] }, false],
    ["a command it does not name", { command: { ...RESTART, name: "drill" }, targets: [BILLING] }, false],
    ["a look", { command: STATUS, targets: [SHIPPING] }, true],
    ["somebody it does not name", { person: ADAM, targets: [SHIPPING] }, true],
    ["no agents yet", { targets: null }, true],
  ])("%s: %s", (_, question, allowed) => {
    expect(ask({ ...question, rules: { scopes: [scope] } }).allowed).toBe(allowed);
  });

  test("names people by a group too, also by one that is nested in it", () => {
    const byGroup = (group: string) => ({ scopes: [{ ...scope, who: [group] }] });
    expect(ask({ rules: byGroup("fleet-operators@example.test") }).rule).toBe("scope");
    expect(ask({ person: ADAM, rules: byGroup("people-of-platform@example.test") }).rule).toBe("scope");
    expect(ask({ rules: byGroup("fleet-admins@example.test") }).allowed).toBe(true);
  });

  test("adds up with other rules of the same person", () => {
    const more = { ...scope, id: "shipping-too", commands: ["*"], agents: ["ship*"] };
    expect(ask({ targets: [BILLING, SHIPPING], rules: { scopes: [scope, more] } }).allowed).toBe(true);
  });

  test("says which rule, and which agents are outside", () => {
    expect(ask({ rules: { scopes: [scope] } })).toMatchObject({
      ...{ allowed: false, needsSecondPerson: false, rule: "scope" },
      why: "you may not restart shipping (payments-only)",
    });
  });

  test("names three of many agents that are outside, and how many more", () => {
    const targets = Array.from({ length: 5 }, (_, index) => agentOf(`shipping-${index}`, "orders"));
    expect(ask({ targets, rules: { scopes: [scope] } }).why).toBe(
      "you may not restart shipping-0, shipping-1, shipping-2 and 2 more (payments-only)",
    );
  });

  test("comes before the second person: what is outside is not asked for", () => {
    const targets = [BILLING, SHIPPING, BILLING, SHIPPING];
    expect(ask({ targets, rules: { scopes: [scope] } })).toMatchObject({ rule: "scope", needsSecondPerson: false });
  });
});

test("who may ask is answered without agents", () => {
  const rights = { directory: directoryOf(), rules: NO_RULES, now: NOW };
  expect(mayAsk({ actor: personActor(OLGA, rights), command: RESTART, ...rights })).toBe(true);
  expect(mayAsk({ actor: personActor(VERA, rights), command: RESTART, ...rights })).toBe(false);
});
