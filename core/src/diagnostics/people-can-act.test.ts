import { expect, test } from "vitest";
import { FakeFleet } from "../fleet-fixture.ts";
import { NO_RULES } from "../policy-rules.ts";
import type { Person } from "../ports/directory.ts";
import type { Block } from "../ports/policy-rules.ts";
import peopleCanAct from "./people-can-act.ts";

const person = (id: string): Person => ({ id, name: id, mails: [], slack: [], role: "operator" });
const ADMINS = [person("ann"), person("bob")];
const block = (id: string): Block => ({ person: id, reason: "left", by: "ann", since: 0, until: null });
const MINUTE_MS = 60_000;

interface World {
  readonly admins?: readonly Person[];
  readonly blocks?: readonly Block[];
  readonly ageMinutes?: number | null;
  readonly held?: string | null;
  readonly readAt?: number | null;
}

/** What it finds, with one operator beside the admins. */
function look({ admins = ADMINS, blocks = [], ageMinutes = 0, held = null, readAt = 0 }: World) {
  const fleet = new FakeFleet("billing");
  const asOf = ageMinutes === null ? null : fleet.now - ageMinutes * MINUTE_MS;
  const directory = {
    ...fleet.ports.directory,
    withRole: (role: string) => (role === "admin" ? admins : [...admins, person("olga")]),
    trust: () => ({ asOf, held }),
  };
  const rules = { current: () => ({ ...NO_RULES, blocks, readAt }) };
  return peopleCanAct.run({ ports: { ...fleet.ports, directory, rules }, operation: fleet.acting().operation });
}

test("two admins who are not blocked, known a moment ago, are all that is needed", async () => {
  expect(await look({})).toEqual({ state: "passed", evidence: ["3 may operate, 2 of them as admin, by access.yaml"] });
});

test("one admin is enough to act, and it is said that nobody could approve what they ask for", async () => {
  const { state, evidence } = await look({ blocks: [block("bob")] });
  expect([state, evidence]).toEqual([
    "passed",
    [
      "2 may operate, 1 of them as admin, by access.yaml; 1 with such a role blocked",
      "nobody could approve what the only admin asks for",
    ],
  ]);
});

test.each<[string, World, RegExp]>([
  ["nobody is an admin", { admins: [] }, /0 of them as admin/],
  ["both admins are blocked", { blocks: [block("ann"), block("bob")] }, /2 with such a role blocked/],
  ["the list is 6 min old", { ageMinutes: 6 }, /6 min old, so no admin may act or approve/],
  ["the list is 16 min old", { ageMinutes: 16 }, /16 min old, so nobody may change anything/],
  ["the list was never read", { ageMinutes: null }, /never read/],
  ["a list that shrank waits", { held: "12 people became 3" }, /12 people became 3/],
  ["blocks were never read", { readAt: null }, /nobody has read yet who is blocked/],
])("fails when %s", async (_, world, words) => {
  const { state, evidence, next } = await look(world);
  expect(state).toBe("failed");
  expect(evidence.join("; ")).toMatch(words);
  expect(next).toBeTruthy();
});
