import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand, ReadCommand } from "../command.ts";
import { named } from "../command-fixture.ts";
import type { Actor } from "../domain/actor.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { loadCommands } from "../load-commands.ts";
import { NO_RULES } from "../policy-rules.ts";
import type { Person } from "../ports/directory.ts";

const commands = await loadCommands();
const people: Person[] = [
  { id: "olga", name: "Olga", mails: [], slack: [], role: "operator" },
  { id: "adam", name: "Adam", mails: [], slack: [], role: "admin" },
];
const actorOf = (id: string): Actor => {
  const { name, role } = people.find((one) => one.id === id) as Person;
  return { id, name, role, person: true, source: "access.yaml", slackUser: null };
};

let fleet: FakeFleet;
beforeEach(async () => {
  fleet = new FakeFleet("billing");
  const byId = (id: string) => people.find((one) => one.id === id) ?? null;
  Object.assign(fleet.ports, {
    directory: {
      ...fleet.ports.directory,
      byId,
      withRole: (role: string) => people.filter((one) => one.role === role),
    },
  });
  await fleet.ports.requests.ask(
    {
      ...{
        command: "restart",
        input: { who: ["billing"] },
        actor: actorOf("olga"),
        door: "slack",
        reason: "slow <!here>",
      },
      ...{
        requestId: "r-1",
        idempotencyKey: "key-1",
        targets: ["billing"],
        hash: "h",
        policyVersion: NO_RULES.version,
      },
      ...{ incidentId: null, rule: "p0-working", why: "P0 agent billing works", expiresInSeconds: 600 },
    },
    {} as never,
  );
});

const context = (id: string) => ({ ports: fleet.ports, actor: actorOf(id), door: "slack" as const, commands });
const aim = (name: string, id: string, input: Record<string, unknown>) =>
  (named(name) as ActCommand).targets(input, context(id));
const carryOut = (name: string, id: string, input: Record<string, unknown>) => {
  const acting = fleet.acting({ command: name, input, actor: actorOf(id) });
  return (named(name) as ActCommand).stages[0]?.run(targetOf("req-1"), { ...acting, commands });
};
const see = (id: string, input = {}) => (named("requests") as ReadCommand).run(input, context(id));
const stateNow = async () => (await fleet.ports.requests.find("req-1"))?.state;

describe("requests", () => {
  test("shows an admin what waits for them, with the buttons", async () => {
    const { headline, lines, actions, data } = await see("adam");
    expect(headline).toBe("✋ *1 waits for you*");
    expect(lines[0]).toMatch(/^✋ req-1 restart billing · asked by Olga .* · "slow .*" · ends /);
    expect(actions.map(({ label, input }) => [label, input])).toEqual([
      ["Approve", { request: "req-1" }],
      ["Deny", { request: "req-1" }],
    ]);
    expect(data).toMatchObject({ mine: ["req-1"] });
  });

  test("shows who asked that it waits for others, without buttons", async () => {
    const { headline, actions } = await see("olga");
    expect([headline, actions]).toEqual(["*Nothing waits for you; 1 waits for others*", []]);
  });

  test("offers no approval to who came with a token", async () => {
    const { actions } = await (named("requests") as ReadCommand).run({}, { ...context("adam"), door: "terminal" });
    expect(actions).toEqual([]);
  });

  test("shows one with its agents, its input, who can approve it and what it is bound to", async () => {
    const { headline, lines, fields, actions } = await see("adam", { request: "req-1" });
    expect(headline).toBe("*restart billing* (req-1)");
    expect(lines[1]).toBe("P0 agent billing works (rule p0-working)");
    expect(Object.fromEntries(fields.map(({ name, value }) => [name, value]))).toMatchObject({
      ...{ agents: "billing", input: '{"who":["billing"]}', "can approve it": "Adam" },
    });
    expect(actions.map(({ label }) => label)).toEqual(["Approve", "Deny"]);
    expect((await see("olga", { request: "req-1" })).actions).toEqual([]);
    await expect(see("adam", { request: "req-9" })).rejects.toMatchObject({ code: "not_found" });
  });

  test("lists those that have ended only if asked to", async () => {
    await carryOut("deny", "adam", { request: "req-1", text: "not now" });
    expect((await see("adam")).headline).toBe("*Nothing waits*");
    expect((await see("adam", { all: true })).lines[0]).toMatch(/^🚫 req-1 .* denied by Adam .*: not now$/);
  });
});

describe("approve", () => {
  test("is asked of another admin, and names what it became", async () => {
    await expect(aim("approve", "olga", { request: "req-1" })).rejects.toMatchObject({
      detail: { rule: "own-request", allowed: ["Adam"], next: "Can do it now: Adam. Nothing was done." },
    });
    expect(await aim("approve", "adam", { request: "req-1" })).toEqual([]);
  });

  test("of a request that there is not says what waits", async () => {
    await expect(aim("approve", "adam", { request: "req-7" })).rejects.toMatchObject({
      ...{ code: "not_found", message: "There is no req-7. Waiting: req-1. Nothing was done." },
    });
  });
});

describe("deny and withdraw", () => {
  test("one denial ends it, with the words of who denied", async () => {
    expect(await carryOut("deny", "adam", { request: "req-1", text: " not now " })).toMatchObject({ ending: "done" });
    expect(await fleet.ports.requests.find("req-1")).toMatchObject({ state: "denied", decisionReason: "not now" });
    await expect(aim("approve", "adam", { request: "req-1" })).rejects.toMatchObject({ code: "conflict" });
    await expect(aim("deny", "adam", { request: "req-1" })).rejects.toMatchObject({ code: "conflict" });
  });

  test("only who asked takes it back", async () => {
    await expect(aim("withdraw", "adam", { request: "req-1" })).rejects.toMatchObject({
      detail: { rule: "not-yours" },
    });
    expect(await aim("withdraw", "olga", { request: "req-1" })).toEqual([]);
    await carryOut("withdraw", "olga", { request: "req-1" });
    expect(await stateNow()).toBe("withdrawn");
  });
});
