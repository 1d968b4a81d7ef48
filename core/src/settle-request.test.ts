import { beforeEach, describe, expect, test } from "vitest";
import { askSecondPerson, hashOfAgreed } from "./ask-second-person.ts";
import type { ActCommand } from "./command.ts";
import { named } from "./command-fixture.ts";
import type { Actor, Door } from "./domain/actor.ts";
import type { ApprovalRequest } from "./domain/approval.ts";
import { Failure } from "./domain/failure.ts";
import { FakeFleet } from "./fleet-fixture.ts";
import { memoryRequests } from "./memory-requests-fixture.ts";
import { personActor } from "./person-actor.ts";
import { NO_RULES } from "./policy-rules.ts";
import type { ApprovalRequests, Settlement } from "./ports/approval-requests.ts";
import type { Person } from "./ports/directory.ts";
import type { PolicyRules } from "./ports/policy-rules.ts";
import { approveRequest, endRequest, refuseApprover } from "./settle-request.ts";

const person = (id: string, role: Person["role"]): Person => ({ id, name: id, mails: [], slack: [], role, grants: [] });

let people: Person[];
let rules: PolicyRules;
let unconfirmed: string[];
let settled: Settlement[];
let fleet: FakeFleet;
let now: number;
let requests: ApprovalRequests;
let request: ApprovalRequest;

beforeEach(async () => {
  people = [person("olga", "operator"), person("adam", "admin"), person("eve", "admin")];
  [rules, unconfirmed, settled] = [NO_RULES, [], []];
  fleet = new FakeFleet("billing", "invoices", "shipping", "stock-keeper");
  now = fleet.now;
  const memory = memoryRequests({ now: () => now });
  requests = {
    ...memory,
    settle: (settlement) => {
      settled.push(settlement);
      return memory.settle(settlement);
    },
  };
  Object.assign(fleet.ports, {
    clock: { now: () => now },
    rules: { current: () => rules },
    requests,
    directory: {
      ...fleet.ports.directory,
      trust: () => ({ asOf: now, held: null }),
      byId: (id: string) => people.find((one) => one.id === id) ?? null,
      confirm: async (id: string) => {
        if (unconfirmed.includes("nobody answers"))
          throw new Failure("unavailable", "Google did not answer within 5 s");
        return !unconfirmed.includes(id);
      },
    },
  });
  request = (await ask({})).request;
});

const actor = (id: string): Actor =>
  personActor(people.find((one) => one.id === id) ?? person(id, null), {
    directory: fleet.ports.directory,
    rules,
    now,
  });

interface Asked {
  readonly who?: readonly string[];
  readonly reason?: string | null;
  readonly by?: Actor;
}

function ask({ who = ["all"], reason = "the release is broken", by = actor("olga") }: Asked) {
  const targets = ["billing", "invoices", "shipping", "stock-keeper"];
  return askSecondPerson(
    {
      request: {
        ...{ command: "restart", input: { who }, actor: by, door: "slack", reason, requestId: "r-1" },
        ...{ idempotencyKey: "key-1", incidentId: null },
      },
      ...{ command: named("restart") as ActCommand, input: { who: [...who] }, targets, idempotencyKey: "key-1" },
      ...{ incidentId: null, policyVersion: rules.version },
      decision: {
        ...{ allowed: false, needsSecondPerson: true, rule: "many-agents", why: "these are 4 of 4 agents" },
        ...{ whoCan: [], instead: null },
      },
    },
    requests,
  );
}

const settling = () => ({ ports: fleet.ports, commands: [named("restart")] });
const approve = (by: string, door: Door = "slack") =>
  approveRequest({ request, by: actor(by), door, reason: null }, settling());

describe("asking a second person", () => {
  test("stores what is asked for, and that it is bound to its hash", () => {
    const { targets, policyVersion } = request;
    expect(request.hash).toBe(hashOfAgreed({ command: "restart", input: { who: ["all"] }, targets, policyVersion }));
  });

  test.each([null, "", "  "])("needs a reason, not %j", async (reason) => {
    await expect(ask({ reason })).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("is not for what is no person", async () => {
    const schedule: Actor = { ...actor("olga"), id: "schedule:x", person: false };
    await expect(ask({ by: schedule })).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("the hash of what is agreed to", () => {
  const agreed = { command: "restart", input: { who: ["a"], mode: "x" }, targets: ["a", "b"], policyVersion: "p" };

  test("does not depend on the order of fields and targets", () => {
    const same = { ...agreed, input: { mode: "x", who: ["a"] }, targets: ["b", "a"] };
    expect(hashOfAgreed(same)).toBe(hashOfAgreed(agreed));
  });

  test.each([
    { command: "stop" },
    { input: { who: ["b"], mode: "x" } },
    { input: { who: ["a"] } },
    { targets: ["a"] },
    { targets: ["a", "b", "c"] },
    { policyVersion: "q" },
  ])("changes with %j", (change) => {
    expect(hashOfAgreed({ ...agreed, ...change })).not.toBe(hashOfAgreed(agreed));
  });
});

describe("agreeing", () => {
  test("accepts the command of who asked, with who agreed", async () => {
    expect(await approve("adam")).toMatchObject({ state: "approved", decidedBy: { id: "adam" } });
    expect(settled).toMatchObject([
      {
        acceptance: {
          ...{ command: "restart", idempotencyKey: "key-1", approval: { requestId: request.id, by: "adam" } },
          ...{ actor: { id: "olga" }, agents: request.targets, stages: expect.arrayContaining(["sent", "working"]) },
        },
      },
    ]);
  });

  test.each<[string, Door, string]>([
    ["olga", "slack", "own-request"],
    ["olga", "grafana", "own-request"],
    ["adam", "http", "token-never-approves"],
    ["adam", "terminal", "token-never-approves"],
    ["adam", "schedule", "token-never-approves"],
    ["adam", "host", "token-never-approves"],
  ])("is refused to %s by %s: %s", async (by, door, rule) => {
    await expect(approve(by, door)).rejects.toMatchObject({ code: "forbidden", detail: { rule } });
    expect(settled).toEqual([]);
  });

  test("is refused to what is no person", () => {
    const wanted = { request, by: { ...actor("adam"), person: false }, door: "slack" as const, reason: null };
    expect(() => refuseApprover(wanted, now)).toThrow(/is no person/);
  });

  test("is refused when the ten minutes are over", async () => {
    now += 600_000;
    await expect(approve("adam")).rejects.toMatchObject({ code: "expired" });
    expect(settled).toEqual([]);
  });

  test("is refused after a denial, and says whose it was", async () => {
    request = await endRequest("denied", { request, by: actor("eve"), door: "slack", reason: "not now" }, fleet.ports);
    await expect(approve("adam")).rejects.toThrow(`${request.id} is denied already by eve. Nothing was done.`);
  });
});

describe("what changed while it waited ends it without doing anything", () => {
  const cases: [string, () => void, RegExp][] = [
    [
      "the requester has left",
      () => (people = people.filter(({ id }) => id !== "olga")),
      /not in the directory any more/,
    ],
    ["the requester lost the role", () => (people[0] = person("olga", "viewer")), /may not ask for it any more/],
    [
      "the requester is blocked",
      () => (rules = { ...rules, blocks: [blockOf("olga")] }),
      /may not ask for it any more/,
    ],
    ["the directory was asked just now and says no", () => unconfirmed.push("olga"), /may not ask for it any more/],
    ["the directory does not answer", () => unconfirmed.push("nobody answers"), /may not ask for it any more/],
    ["the rules are others now", () => (rules = { ...rules, version: "other" }), /the rules .* have changed/],
    ["an agent has come", () => fleet.agents.set("new", fleet.agent("billing")), /it would now be about/],
    ["an agent has gone", () => fleet.agents.delete("shipping"), /it would now be about/],
    [
      "the rules now keep the requester out",
      () => (rules = { ...rules, scopes: [{ id: "s", who: ["olga"], commands: ["stop"], agents: null }] }),
      /may not ask for it any more/,
    ],
  ];
  const blockOf = (id: string) => ({ person: id, reason: "left", by: "adam", since: 0, until: null });

  test.each(cases)("%s", async (_, change, why) => {
    change();
    await expect(approve("adam")).rejects.toMatchObject({ code: "conflict", message: expect.stringMatching(why) });
    expect(settled).toMatchObject([{ state: "void" }]);
    expect(settled[0]?.acceptance).toBeUndefined();
    expect((await requests.find(request.id))?.state).toBe("void");
  });
});
