import { beforeEach, describe, expect, test } from "vitest";
import { lookAt, runOn } from "../command-fixture.ts";
import type { Actor } from "../domain/actor.ts";
import { OPERATOR, operationOf, targetOf } from "../fake-agent-fixture.ts";
import { FakeFleet } from "../fleet-fixture.ts";

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices", "order-validator");
});

const look = (name: string, input: Record<string, unknown> = {}, actor: Actor = OPERATOR) =>
  lookAt(fleet, { name, input, actor });
const stop = (agent: string, reason: string | null = null) => runOn(fleet, { name: "stop", agent, reason });

describe("roll-call", () => {
  test("says that all work", async () => {
    const report = await look("roll-call");
    expect(report.headline).toBe("🟢 *3 of 3 work*");
    expect(report.context).toMatch(/^\d+\.\d s · as of T0$/);
    expect(report.lines).toEqual(["🟢 3 working: a canary went through the work loop, in normal time"]);
    expect(report.actions.map(({ label }) => label)).toEqual(["Again"]);
    expect(report.sameAs).toBe("same as /fleet roll-call");
  });

  test.each([
    [2, "🔴 *1 of 3 work* — agent-0, agent-1 gone"],
    [5, "🔴 *1 of 6 work* — agent-0, agent-1, agent-2, agent-3, agent-4 gone"],
    [7, "🔴 *1 of 8 work* — agent-0, agent-1, agent-2, agent-3, agent-4 gone and 2 more"],
  ])("with %i gone, the headline is short enough for a phone", async (gone, headline) => {
    const ids = Array.from({ length: gone }, (_, index) => `agent-${index}`);
    fleet = new FakeFleet(...ids, "works");
    for (const id of ids) fleet.kill(id);
    expect((await look("roll-call")).headline).toBe(headline);
  });

  test("names too long for a headline are counted", async () => {
    fleet = new FakeFleet("x".repeat(63), "works");
    fleet.kill("x".repeat(63));
    expect((await look("roll-call")).headline).toBe("🔴 *1 of 2 work* — 1 agent to look at");
    expect((await look("roll-call")).actions[0]).toMatchObject({ label: "Restart…", confirm: { yes: "Restart" } });
  });

  test("shows ten lines at most", async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `agent-${index}`);
    fleet = new FakeFleet(...ids, "works");
    for (const id of ids) fleet.kill(id);
    const { lines } = await look("roll-call");
    expect(lines).toHaveLength(10);
    expect(lines[8]).toBe("and 22 more agents");
  });

  test("a busy and a slow one count as working, and are said", async () => {
    const item = { inFlight: 1, oldestInFlightAt: fleet.now - 32_000 };
    Object.assign(fleet.agent("billing"), { beat: item });
    const busy = fleet.agent("invoices");
    busy.expected = { ...busy.expected, normalSeconds: 40 };
    Object.assign(busy, { beat: item, takesCanary: false });
    const report = await look("roll-call");
    expect(report.headline).toBe("🟡 *3 of 3 work*");
    expect(report.lines).toEqual(["🟢 3 working, 1 of them busy, 1 of them slow"]);
  });

  test("names the missing first and offers to restart them", async () => {
    fleet.kill("billing");
    fleet.agent("order-validator").takesCanary = false;
    fleet.agent("order-validator").beat = {
      canary: { handledAt: null, tookMs: null, waitingSince: fleet.now - 40_000 },
    };
    const report = await look("roll-call");
    expect(report.headline).toBe("🔴 *1 of 3 work* — billing gone, order-validator alive but not consuming");
    expect(report.lines).toEqual([
      "🔴 *billing* gone since T-60",
      "🔴 *order-validator* alive but not consuming since T-40",
      "🟢 1 working: a canary went through the work loop, in normal time",
    ]);
    expect(report.actions[0]).toMatchObject({
      label: "Restart 2…",
      command: "restart",
      input: { who: ["billing", "order-validator"] },
      danger: true,
      confirm: { title: "Restart 2 agents?", yes: "Restart 2 agents" },
    });
  });

  test("offers one by its name, and says what a restart would do", async () => {
    fleet.kill("billing");
    const [restart] = (await look("roll-call", { who: ["billing"] })).actions;
    expect(restart).toMatchObject({
      label: "Restart billing",
      confirm: { title: "Restart billing?", text: "It is gone, so nothing running is lost.", yes: "Restart billing" },
    });
  });

  test("offers no restart to who may only look", async () => {
    fleet.kill("billing");
    const report = await look("roll-call", {}, { ...OPERATOR, role: "viewer" });
    expect(report.actions.map(({ label }) => label)).toEqual(["Again"]);
  });

  test("counts who is off on purpose apart, with who wanted it", async () => {
    await stop("billing");
    const report = await look("roll-call");
    expect(report.headline).toBe("🟢 *2 of 2 work*");
    expect(report.lines[0]).toBe("⏹ *billing* stopped by Operator on call since T0");
  });

  test("claims nothing while Redis is away", async () => {
    fleet.away.add("redis");
    const report = await look("roll-call");
    expect(report.headline).toBe("❔ *Nobody knows who works* — Redis does not answer");
    expect(report.context).toContain("Redis does not answer");
  });
});

describe("status", () => {
  test("is five lines", async () => {
    expect((await look("status")).lines).toEqual([
      "3 expected · 3 healthy",
      "🟢 Nobody is sick",
      "Nobody is off on purpose",
      "Nothing runs",
      "Nothing fires",
    ]);
  });

  test("says who is sick, who was stopped by whom, what runs and what fires", async () => {
    fleet.kill("billing");
    await stop("invoices", "deploy");
    fleet.fire("inc-7", "billing");
    fleet.running.push({ ...operationOf(fleet.now), id: "op-481", targets: [targetOf("billing")] });
    const report = await look("status");
    expect(report.headline).toBe("🔴 *1 of 2 work* — billing gone");
    expect(report.lines).toEqual([
      "3 expected · 1 healthy · 1 critical · 1 off",
      "🔴 *billing* gone since T-60",
      "⏹ *invoices* stopped by Operator on call since T0: deploy",
      "⏳ op-481 restart billing by Operator on call",
      "🟥 inc-7 AgentGone billing since T-5",
    ]);
    expect(report.actions.map(({ label }) => label)).toEqual(["Roll call", "Restart billing", "Agents"]);
  });

  test("says who works, but is slow", async () => {
    Object.assign(fleet.agent("billing"), { beat: { inFlight: 1, oldestInFlightAt: fleet.now - 32_000 } });
    const report = await look("status");
    expect(report.headline).toBe("🟡 *3 of 3 work*");
    expect(report.lines.slice(0, 2)).toEqual([
      "3 expected · 2 healthy · 1 degraded",
      expect.stringMatching(/^🟡 \*billing\* slow/),
    ]);
  });

  test("shows who took the alert", async () => {
    const incident = fleet.fire("inc-7", "billing");
    fleet.incidents[0] = { ...incident, acknowledgedBy: { id: "operator", name: "operator", slackUser: null } };
    expect((await look("status")).lines[4]).toContain("👀 Operator on call");
  });

  test("of some agents shows their alerts only", async () => {
    fleet.fire("inc-7", "billing");
    expect((await look("status", { who: ["invoices"] })).lines[4]).toBe("Nothing fires");
  });

  test("does not call unknown what is none while PostgreSQL is away", async () => {
    fleet.away.add("postgres");
    const { lines } = await look("status");
    expect(lines.slice(3)).toEqual([
      "❔ What runs is not known: PostgreSQL does not answer",
      "❔ What fires is not known: PostgreSQL does not answer",
    ]);
  });
});

describe("agents", () => {
  test("lists sick first, ten a page", async () => {
    fleet = new FakeFleet(...Array.from({ length: 12 }, (_, index) => `agent-${String(index).padStart(2, "0")}`));
    fleet.kill("agent-11");
    const first = await look("agents");
    expect(first.lines).toHaveLength(10);
    expect(first.lines[0]).toBe("🔴 *agent-11* gone since T-60 · P1 · orders");
    expect(first.lines[1]).toBe("🟢 *agent-00* working · idle · P1 · orders");
    expect(first.context).toBe("12 expected · 11 healthy · 1 critical · page 1 of 2 · as of T0");
    expect(first.actions[0]).toMatchObject({ label: "Next 10", input: { page: 2 } });
    const second = await look("agents", { page: 2 });
    expect(second.lines).toHaveLength(2);
    expect(second.sameAs).toBe("same as /fleet agents --page 2");
  });

  test("finds agents by a part of their name or of what they do", async () => {
    expect((await look("agents", { who: ["does", "invoices"] })).lines).toHaveLength(1);
  });

  test("says so when nobody fits", async () => {
    expect((await look("agents", { who: ["health=degraded"] })).headline).toBe("*No agent fits*");
  });

  test.each([
    [{ page: 2 }, "There is no page 2; the list has 1."],
    [{ who: ["zzz"] }, '"zzz" is no agent.'],
    [{ who: ["@zzz"] }, '"@zzz" is no group.'],
  ])("refuses %j", async (input, message) => {
    await expect(look("agents", input)).rejects.toThrow(message);
  });
});

describe("help and whoami", () => {
  const stranger: Actor = { ...OPERATOR, id: "slack:T1/U1", name: "Guest", role: null };

  test("help lists only what the actor may do", async () => {
    const names = (await look("help", {}, stranger)).lines.map((line) => line.split(/[` ]/)[1]);
    expect(names).toEqual(["help", "link", "whoami"]);
    expect((await look("help")).lines.join()).toContain("`restart WHO` Stop agents");
    expect((await look("help", {}, { ...OPERATOR, role: "viewer" })).lines.join()).not.toContain("restart");
  });

  test("help tells how one command is written, by alias and with a space too", async () => {
    const report = await look("help", { text: "roll call" });
    expect(report.headline).toBe("*roll-call [WHO]*");
    expect(report.lines).toContain("`/fleet roll-call @orders`");
    expect((await look("help", { text: "bounce" })).headline).toBe("*restart WHO*");
  });

  test.each([
    ["restrat", 'No command "restrat". Nearest: restart, report, replay'],
    ["zzzzzz", 'No command "zzzzzz". `help` lists them.'],
  ])("help %s is unknown", async (text, message) => {
    await expect(look("help", { text })).rejects.toThrow(message);
  });

  test("whoami says the role and where it comes from", async () => {
    const report = await look("whoami");
    expect(report.headline).toBe("*Operator on call*, operator from access.yaml");
    expect(report.fields).toEqual([{ name: "Mail", value: "operator@example.test" }]);
    expect((await look("whoami", {}, stranger)).headline).toBe("*Guest*, no role here");
  });
});
