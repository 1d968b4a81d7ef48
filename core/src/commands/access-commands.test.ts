import { beforeEach, describe, expect, test } from "vitest";
import type { ActCommand } from "../command.ts";
import { lookAt, named } from "../command-fixture.ts";
import { type Actor, hasRole, type Role } from "../domain/actor.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";
import { loadCommands } from "../load-commands.ts";
import { memoryOverrides } from "../memory-overrides-fixture.ts";
import { personActor } from "../person-actor.ts";
import { createPolicyRules, type OpenPolicyRules, type StandingRules } from "../policy-rules.ts";
import type { Person } from "../ports/directory.ts";

const commands = await loadCommands();
const people: Person[] = (["viewer", "operator", "admin", "admin"] as const).map((role, place) => {
  const id = ["vera", "olga", "adam", "anna"][place] ?? "";
  const name = id[0]?.toUpperCase() + id.slice(1);
  const grants = [
    { role, from: `fleet-${role}s@example.test`, via: place === 1 ? ["night@example.test"] : [], knownSince: null },
  ];
  return { id, name, mails: [`${id}@example.test`], slack: [], role, grants };
});

let fleet: FakeFleet;
let rules: OpenPolicyRules;
let standing: StandingRules;
let overrides: ReturnType<typeof memoryOverrides>;
beforeEach(() => {
  fleet = new FakeFleet("billing", "shipping");
  const clock = { now: () => fleet.now };
  overrides = memoryOverrides(clock);
  standing = { scopes: [], blocks: [] };
  rules = createPolicyRules({ standing: () => standing, overrides, clock, onProblem: () => undefined });
  const directory = {
    ...fleet.ports.directory,
    source: "Google Workspace",
    byId: (id: string) => people.find((one) => one.id === id) ?? null,
    withRole: (role: Role) => people.filter((one) => hasRole(one, role)),
    trust: () => ({ asOf: fleet.now - 41_000, held: null }),
  };
  Object.assign(fleet.ports, { overrides, rules, directory });
});

const actorOf = (id: string): Actor => {
  const rights = { directory: fleet.ports.directory, rules: rules.current(), now: fleet.now };
  return personActor(people.find((one) => one.id === id) as Person, rights);
};
const context = (id: string) => ({ ports: fleet.ports, actor: actorOf(id), door: "slack" as const, commands });
const aim = async (name: string, id: string, input: Record<string, unknown>) => {
  const command = named(name) as ActCommand;
  await rules.refresh();
  await command.targets(input, context(id));
  return command.subjects?.(input, context(id)) ?? [];
};
/** Runs all stages; the rules are looked at again after it. */
async function carryOut(name: string, id: string, input: Record<string, unknown>): Promise<void> {
  const [subject = ""] = await aim(name, id, input);
  const command = named(name) as ActCommand;
  const acting = fleet.acting({ command: name, input, actor: actorOf(id), reason: command.reason?.(input) ?? null });
  for (const stage of command.stages) await stage.run(targetOf(subject), { ...acting, commands });
  await rules.refresh();
}
const look = (name: string, id: string, input = {}) => lookAt(fleet, { name, input, actor: actorOf(id) });

describe("block", () => {
  test("takes the person's role at once, and says before and after", async () => {
    await carryOut("block", "adam", { person: "@olga", text: "phone lost" });
    expect(actorOf("olga")).toMatchObject({ role: null, source: "a block by Adam: phone lost" });
    expect(overrides.audit).toMatchObject([
      {
        ...{ event: "access", action: "blocked", actor: "adam", targets: ["olga"], reason: "phone lost", before: null },
        after: { person: "olga", reason: "phone lost", by: "Adam", until: null },
      },
    ]);
  });

  test("ends by itself after the hours it was given", async () => {
    await carryOut("block", "adam", { person: "olga", text: "phone lost", hours: 2 });
    fleet.now += 2 * 3_600_000 - 1;
    expect(actorOf("olga").role).toBeNull();
    fleet.now += 1;
    expect(actorOf("olga").role).toBe("operator");
  });

  test("what the person asked a second person for is void, what others asked for is not", async () => {
    const ask = (id: string) =>
      fleet.ports.requests.ask(
        {
          ...{ command: "restart", input: {}, actor: actorOf(id), door: "slack", reason: "slow", requestId: "r" },
          ...{ idempotencyKey: id, targets: ["billing"], hash: "h", policyVersion: "v", incidentId: null },
          ...{ rule: "p0-working", why: "P0", expiresInSeconds: 600 },
        },
        {} as never,
      );
    await ask("olga");
    await ask("anna");
    await carryOut("block", "adam", { person: "olga", text: "phone lost" });
    const states = (await fleet.ports.requests.list({ limit: 9 })).map(({ actor, state }) => [actor.id, state]);
    expect(states).toEqual([
      ["anna", "waiting"],
      ["olga", "void"],
    ]);
  });

  test("a stage that runs again after a crash blocks once", async () => {
    const command = named("block") as ActCommand;
    const input = { person: "olga", text: "phone lost" };
    const acting = fleet.acting({ command: "block", input, actor: actorOf("adam"), reason: "phone lost" });
    for (const _ of [1, 2]) await command.stages[0]?.run(targetOf("person:olga"), { ...acting, commands });
    expect(overrides.audit).toHaveLength(1);
  });

  test("is an admin's, of somebody else, without a second person", async () => {
    await expect(aim("block", "adam", { person: "adam", text: "by mistake" })).rejects.toThrow("block you yourself");
    const { role, danger, needsSecondPerson } = named("block") as ActCommand;
    expect([role, danger, needsSecondPerson]).toEqual(["admin", 1, undefined]);
  });
});

describe("what gives rights", () => {
  test.each(["unblock", "lift"])("%s is an admin's, and always needs a second person", async (name) => {
    const { role, danger, needsSecondPerson } = named(name) as ActCommand;
    expect([role, danger]).toEqual(["admin", 3]);
    expect(await needsSecondPerson?.([], context("adam"), {})).toEqual({
      rule: "gives-rights",
      why: "this gives a person rights",
    });
  });
});

describe("unblock", () => {
  test("lets the person in again", async () => {
    await carryOut("block", "adam", { person: "olga", text: "phone lost" });
    await carryOut("unblock", "adam", { person: "olga", text: "found" });
    expect(actorOf("olga").role).toBe("operator");
    expect(overrides.audit.at(-1)).toMatchObject({
      action: "unblocked",
      before: { reason: "phone lost" },
      after: null,
    });
  });

  test("of who is not blocked, or blocked in the file, says so", async () => {
    await expect(aim("unblock", "adam", { person: "olga" })).rejects.toThrow("Olga is not blocked");
    standing = {
      scopes: [],
      blocks: [{ person: "olga", reason: "left", by: "access.yaml", since: null, until: null }],
    };
    await expect(aim("unblock", "adam", { person: "olga" })).rejects.toThrow("blocked in access.yaml");
  });
});

describe("lift", () => {
  const input = { person: "vera", role: "operator", time: "8h", text: "on call" };

  test("raises the role for its time, and not longer", async () => {
    await carryOut("lift", "adam", input);
    expect(actorOf("vera").role).toBe("operator");
    expect(overrides.audit).toMatchObject([
      { action: "lifted", targets: ["vera"], before: null, after: { role: "operator" } },
    ]);
    fleet.now += 8 * 3_600_000;
    expect(actorOf("vera").role).toBe("viewer");
  });

  test("is taken back before its time by one admin", async () => {
    await expect(aim("unlift", "adam", { person: "vera" })).rejects.toThrow("no lift of Vera stands");
    await carryOut("lift", "adam", input);
    await carryOut("unlift", "anna", { person: "vera" });
    expect(actorOf("vera").role).toBe("viewer");
  });

  test.each([
    ["oneself", { ...input, person: "adam", role: "admin" }, "nobody lifts themselves"],
    ["to what the person is already", { ...input, person: "olga" }, "Olga is operator already"],
    ["for longer than it may last", { ...input, time: "13h" }, "a lift lasts at most 12 hours"],
    ["for longer in minutes", { ...input, time: "721m" }, "a lift lasts at most 12 hours"],
    ["of nobody", { ...input, person: "@nobody" }, "is nobody here"],
  ])("not %s", async (_, wanted, words) => {
    await expect(aim("lift", "adam", wanted)).rejects.toThrow(words);
  });

  test("not of who is blocked; and as long as access.yaml allows", async () => {
    standing = { scopes: [], blocks: [], longestLiftHours: 1 };
    await expect(aim("lift", "adam", input)).rejects.toThrow("at most 1 hours");
    standing = { ...standing, longestLiftHours: 24 };
    expect(await aim("lift", "adam", { ...input, time: "24h" })).toEqual(["person:vera"]);
    await carryOut("block", "adam", { person: "vera", text: "phone lost" });
    await expect(aim("lift", "adam", input)).rejects.toThrow("Vera is blocked by Adam");
  });

  test.each(["owner", "ADMIN", ""])("no role is called %j", (role) => {
    expect(named("lift").input.safeParse({ ...input, role }).success).toBe(false);
  });
});

describe("whoever is on call", () => {
  const onCall = { person: "vera", role: "operator" as const, from: 0, until: 0 };

  test("has the role of that time from its first moment to its last", () => {
    const roles = [-1, 0, 999, 1000].map((at) => {
      standing = {
        scopes: [],
        blocks: [],
        onCall: [{ ...onCall, from: fleet.now - at, until: fleet.now - at + 1000 }],
      };
      return actorOf("vera").role;
    });
    expect(roles).toEqual(["viewer", "operator", "operator", "viewer"]);
  });

  test("is named first among those who can do it", async () => {
    standing = { scopes: [], blocks: [], onCall: [{ person: "anna", role: null, from: 0, until: fleet.now + 1 }] };
    await rules.refresh();
    const { lines } = await look("why", "vera", { about: "restart", who: ["billing"] });
    expect(lines).toContain("Can do it now: Anna (on call), Olga, Adam");
  });
});

describe("whoami", () => {
  test("says from which group, through which, how old that is, and what widens and narrows it", async () => {
    standing = {
      scopes: [{ id: "payments-only", who: ["night@example.test"], commands: ["restart"], agents: ["owner=payments"] }],
      blocks: [],
      onCall: [{ person: "olga", role: "admin", from: 0, until: fleet.now + 5000 }],
    };
    await rules.refresh();
    const { headline, context: small, lines, fields } = await look("whoami", "olga");
    expect(headline).toMatch(/^\*Olga\*, admin from a lift by access.yaml until /);
    expect(small).toBe("olga, by slack");
    expect(fields).toContainEqual({
      ...{ name: "As operator", value: "fleet-operators@example.test through night@example.test" },
    });
    expect(lines).toEqual([
      "Google Workspace, known 41 s ago",
      "On call until T5",
      "Lifted to admin by access.yaml until T5: on call",
      "May change only: restart on owner=payments (payments-only)",
    ]);
  });

  test("says to who is blocked by whom and why", async () => {
    await carryOut("block", "adam", { person: "olga", text: "phone lost" });
    const { headline, lines } = await look("whoami", "olga");
    expect(headline).toBe("*Olga*, no role here");
    expect(lines).toContain("🚫 Blocked by Adam until somebody unblocks you: phone lost");
    expect(lines[0]).toBe("You may use help and whoami, because of a block by Adam: phone lost.");
  });

  test("says that knowledge is too old for a change", async () => {
    const trust = () => ({ asOf: fleet.now - 20 * 60_000, held: null });
    Object.assign(fleet.ports, { directory: { ...fleet.ports.directory, trust } });
    expect((await look("whoami", "olga")).lines).toContain(
      "Google Workspace, known 20 min ago: too old for any change",
    );
  });
});

describe("help", () => {
  const names = async (id: string) => {
    await rules.refresh();
    const { data } = await look("help", id);
    return (data as { commands: { name: string }[] }).commands.map(({ name }) => name);
  };

  test("lists what the role opens, and to who is blocked what everybody may", async () => {
    expect(await names("olga")).toEqual(expect.arrayContaining(["restart", "why", "withdraw"]));
    expect(await names("olga")).not.toContain("block");
    expect(await names("adam")).toContain("block");
    await carryOut("block", "adam", { person: "olga", text: "phone lost" });
    expect(await names("olga")).toEqual(["help", "link", "whoami"]);
  });

  test("lists no change while rights are too old to change anything, and no button offers one", async () => {
    const trust = () => ({ asOf: fleet.now - 20 * 60_000, held: null });
    Object.assign(fleet.ports, { directory: { ...fleet.ports.directory, trust } });
    fleet.kill("billing");
    expect(await names("olga")).not.toContain("restart");
    const { actions } = await look("agent", "olga", { id: "billing" });
    expect(actions.map(({ command }) => command)).not.toContain("restart");
  });
});
