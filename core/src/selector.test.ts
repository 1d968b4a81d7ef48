import { beforeEach, describe, expect, test } from "vitest";
import { FakeFleet } from "./fleet-fixture.ts";
import { selectAgents } from "./selector.ts";

let fleet: FakeFleet;
beforeEach(() => {
  fleet = new FakeFleet("billing", "invoices", "content-orchestrator", "content-strategist", "content-generator");
  for (const id of ["content-orchestrator", "content-strategist", "content-generator"]) {
    const agent = fleet.agent(id);
    agent.expected = { ...agent.expected, group: "content", owner: "content" };
  }
  const billing = fleet.agent("billing");
  billing.expected = { ...billing.expected, owner: "payments", criticality: "P0" };
  billing.beat = { version: "4.7.2" };
  fleet.kill("invoices");
});

async function chosen(words: string, isChange: boolean): Promise<string> {
  const agents = await selectAgents(words.split(" "), fleet.ports, { verb: "Restart", isChange });
  return agents.map(({ id }) => id).join(" ");
}

const CONTENT = "content-orchestrator content-strategist content-generator";
const ALL = `billing invoices ${CONTENT}`;

describe("selectAgents", () => {
  test.each([
    ["billing", "billing"],
    ["Billing", "billing"],
    ["invoices billing", "billing invoices"],
    ["billing,invoices", "billing invoices"],
    ["billing billing", "billing"],
    ["content-*", CONTENT],
    ["*-generator", "content-generator"],
    ["c*-*r", "content-orchestrator content-generator"],
    ["@content", CONTENT],
    ["@content billing", `billing ${CONTENT}`],
    ["group=content", CONTENT],
    ["owner=payments", "billing"],
    ["owner=payments,content", `billing ${CONTENT}`],
    ["criticality=p0", "billing"],
    ["version=4.7.2", "billing"],
    ["health=critical", "invoices"],
    ["verdict=gone,missing", "invoices"],
    ["runtime=process", ALL],
    ["activity=idle @content", CONTENT],
    ["host=here verdict=working owner=payments", "billing"],
    ["all", ALL],
    ["all !billing", `invoices ${CONTENT}`],
    ["@content !content-generator", "content-orchestrator content-strategist"],
    ["all !content-*", "billing invoices"],
  ])("a change of `%s` is about %s", async (words, ids) => {
    expect(await chosen(words, true)).toBe(ids);
  });

  test.each([
    ["", "Restart whom? Sick now: invoices (gone). Or @group, label=value, all."],
    ["!billing", "Restart whom? Taking out needs names before it: all !billing."],
    ["bil", '"bil" is no agent. Meant billing? Nothing was done.'],
    ["biling", '"biling" is no agent. Meant billing? Nothing was done.'],
    ["zzz", '"zzz" is no agent. `agents` lists all 5. Nothing was done.'],
    [
      "content",
      '"content" fits 3 agents. Choose: content-orchestrator, content-strategist, content-generator. Nothing was done.',
    ],
    ["billing bil", '"bil" is no agent. Meant billing? Nothing was done.'],
    ["shop-*", '"shop-*" fits no agent. Nothing was done.'],
    ["@contnt", '"@contnt" is no group. Groups are orders, content. Nothing was done.'],
    ["owner=paymens", "No agent has owner=paymens. owner is one of payments, orders, content. Nothing was done."],
    [
      "health=sick",
      "No agent has health=sick. health is one of unknown, healthy, degraded, critical, off. Nothing was done.",
    ],
    [
      "colour=red",
      '"colour" is no label. Labels are owner, criticality, group, runtime, version, health, activity, verdict, host. Nothing was done.',
    ],
    ["owner=", "owner= needs a value. Nothing was done."],
    ["billing owner=content", "No agent fits billing owner=content. Nothing was done."],
    ["health=degraded", "No agent fits health=degraded. Nothing was done."],
    ["all !*", "No agent fits all !*. Nothing was done."],
    ["all !bil", '"bil" is no agent. Meant billing? Nothing was done.'],
    ["__proto__", '"__proto__" is no agent. `agents` lists all 5. Nothing was done.'],
    ["constructor=x", '"constructor" is no label.'],
    ["billing;rm", '"billing;rm" is no agent. Meant billing? Nothing was done.'],
    ["../billing", '"../billing" is no agent. Meant billing? Nothing was done.'],
    ["bill\u202Eing", '"bill\uFFFDing" is no agent.'],
    ["<!channel>", '"<!channel>" is no agent.'],
    [`x${"y".repeat(5000)}`, `"x${"y".repeat(38)}…" is no agent.`],
  ])("a change of `%s` is refused", async (words, message) => {
    await expect(chosen(words, true)).rejects.toThrow(message);
  });

  test.each([
    ["", ALL],
    ["!billing", `invoices ${CONTENT}`],
    ["bil", "billing"],
    ["health=degraded", ""],
  ])("a look at `%s` is about %s", async (words, ids) => {
    expect(await chosen(words, false)).toBe(ids);
  });

  test.each([
    ["zzz", '"zzz" is no agent. `agents` lists all 5.'],
    ["content", '"content" fits 3 agents. Choose: content-orchestrator, content-strategist, content-generator.'],
    ["all !bil", '"bil" is no agent. Meant billing?'],
  ])("a look at `%s` is not guessed", async (words, message) => {
    await expect(chosen(words, false)).rejects.toThrow(new RegExp(`^${message.replaceAll(/[?.]/g, "\\$&")}$`));
  });

  test("a pattern of many stars takes no time", async () => {
    const startedAt = performance.now();
    await expect(chosen(`${"*a".repeat(90)}b`, true)).rejects.toThrow("fits no agent");
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  test("what nobody can look up is not guessed when Redis is away", async () => {
    fleet.away.add("redis");
    await expect(chosen("health=critical", true)).rejects.toMatchObject({ code: "unavailable" });
    expect(await chosen("owner=payments", true)).toBe("billing");
  });

  test("with nobody sick, the question names nobody", async () => {
    fleet = new FakeFleet("billing");
    await expect(chosen("", true)).rejects.toThrow(
      "Restart whom? An id, @group, label=value or all. Nothing was done.",
    );
  });

  test("the nearest names come with the refusal, for buttons", async () => {
    await expect(chosen("bil", true)).rejects.toMatchObject({
      code: "unknown_agent",
      detail: { allowed: ["billing"] },
    });
  });
});
