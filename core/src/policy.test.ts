import { describe, expect, test } from "vitest";
import type { Actor, Role } from "./domain/actor.ts";
import { decide, mayAsk, type PolicyQuestion } from "./policy.ts";
import { NO_RULES } from "./policy-rules.ts";

const NOW = 1_795_142_452_000;
const rights = () => ({ directory, rules: NO_RULES, now: NOW });
const person = (name: string, role: Role) => ({ id: name, name, mails: [], slack: [], role });
const directory: PolicyQuestion["directory"] = {
  source: "access.yaml",
  byId: () => null,
  trust: () => ({ asOf: NOW, held: null }),
  withRole: (role) =>
    [person("Olga", "operator"), person("Adam", "admin")].filter(
      (someone) => role === "viewer" || role === "operator" || someone.role === role,
    ),
};
const actor = (role: Role | null): Actor => ({
  id: "someone",
  name: "Someone",
  role,
  person: role !== null,
  source: "access.yaml",
  slackUser: null,
});
const restart: PolicyQuestion["command"] = { name: "restart", kind: "act", role: "operator", danger: 2 };
const status: PolicyQuestion["command"] = { name: "status", kind: "read", role: "viewer", danger: 0 };
const whoami: PolicyQuestion["command"] = { name: "whoami", kind: "read", role: null, danger: 0 };
const agents = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...{ id: `agent-${index}`, group: "orders", owner: "orders", criticality: "P2" as const, labels: {} },
    runtime: { kind: "process" as const, name: `agent-${index}` },
  }));
const scope = (count: number, changes: Partial<NonNullable<PolicyQuestion["scope"]>> = {}) => ({
  targets: agents(count),
  fleetSize: 22,
  secondPerson: null,
  ...changes,
});

describe("the role", () => {
  test.each<[PolicyQuestion["command"], Role | null, boolean]>([
    [whoami, null, true],
    [whoami, "viewer", true],
    [status, null, false],
    [status, "viewer", true],
    [status, "operator", true],
    [status, "admin", true],
    [restart, null, false],
    [restart, "viewer", false],
    [restart, "operator", true],
    [restart, "admin", true],
    [{ ...restart, role: "admin" }, "operator", false],
    [{ ...restart, role: "admin" }, "admin", true],
    // A command that forgot to say who may run it is nobody's, unless it only looks.
    [{ ...restart, role: null }, "admin", false],
    [{ ...status, role: null, danger: 1 }, "admin", false],
  ])("%o asked by %s: %s", (command, role, allowed) => {
    expect(decide({ actor: actor(role), command, ...rights(), scope: null }).allowed).toBe(allowed);
    expect(mayAsk({ actor: actor(role), command, ...rights() })).toBe(allowed);
  });

  test("a refusal says by which rule, what was found, and who can do it now", () => {
    expect(decide({ actor: actor("viewer"), command: restart, ...rights(), scope: scope(1) })).toEqual({
      allowed: false,
      needsSecondPerson: false,
      rule: "role-operator",
      why: "restart needs operator; you are viewer from access.yaml",
      whoCan: ["Olga", "Adam"],
      instead: null,
    });
  });

  test("a stranger is told what strangers may do", () => {
    expect(decide({ actor: actor(null), command: status, ...rights(), scope: null })).toMatchObject({
      rule: "stranger",
      why: "status needs viewer; you have no role here",
      instead: "You may use help and whoami.",
    });
  });

  test("an actor with fixed rights may do what is among them, and nothing else", () => {
    const fixed = { ...actor("operator"), id: "schedule:nightly", only: ["restart"] };
    expect(decide({ actor: fixed, command: restart, ...rights(), scope: null })).toMatchObject({ allowed: true });
    expect(decide({ actor: fixed, command: { ...restart, name: "stop" }, ...rights(), scope: null })).toMatchObject({
      allowed: false,
      rule: "fixed-rights",
      why: "schedule:nightly has fixed rights: restart",
    });
    // What is among them still needs the role.
    expect(decide({ actor: { ...fixed, role: "viewer" }, command: restart, ...rights(), scope: null }).allowed).toBe(
      false,
    );
  });

  test("an admin may not do either what needs a second person", () => {
    expect(decide({ actor: actor("admin"), command: restart, ...rights(), scope: scope(4) }).allowed).toBe(false);
  });
});

describe("the second person", () => {
  test.each<[string, Partial<PolicyQuestion["command"]>, ReturnType<typeof scope>, string | null]>([
    ["nobody at all", {}, scope(0), null],
    ["one agent", {}, scope(1), null],
    ["three of 22 agents", {}, scope(3), null],
    ["four agents", {}, scope(4), "many-agents"],
    ["four agents by a command that is small and undoable", { danger: 1 }, scope(4), null],
    ["the only agent there is", {}, scope(1, { fleetSize: 1 }), null],
    ["two of ten agents, exactly 20 %", {}, scope(2, { fleetSize: 10 }), null],
    ["two of nine agents, more than 20 %", {}, scope(2, { fleetSize: 9 }), "fleet-share"],
    ["two of nine by a command that is small and undoable", { danger: 1 }, scope(2, { fleetSize: 9 }), null],
    [
      "a P0 agent that works",
      {},
      scope(1, { secondPerson: { rule: "p0-working", why: "P0 agent billing works" } }),
      "p0-working",
    ],
    ["a dangerous command on one agent", { danger: 3 }, scope(1), "danger-3"],
    ["a dangerous command on many", { danger: 3 }, scope(4), "many-agents"],
  ])("%s", (...[, changes, asked, rule]) => {
    const decision = decide({
      actor: actor("operator"),
      command: { ...restart, ...changes },
      ...rights(),
      scope: asked,
    });
    expect(decision.allowed).toBe(rule === null);
    if (rule === null) return;
    expect(decision.rule).toBe(rule);
    expect(decision.needsSecondPerson).toBe(true);
    expect(decision.why).toContain("so it needs a second person");
    expect(decision.whoCan).toEqual(["Adam"]);
    expect(decision.instead).not.toBeNull();
  });

  test("the refusal gives the reason and what one person may do", () => {
    expect(decide({ actor: actor("operator"), command: restart, ...rights(), scope: scope(10) })).toMatchObject({
      why: expect.stringContaining("these are 10 of 22 agents, more than 3, so"),
      instead: "One person may restart up to 3 agents at a time: name the ones that matter most.",
    });
  });
});
