import { type IncidentStage, openIncidentStage } from "@rollcall/test/incident-stage.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { lookAt } from "../command-fixture.ts";
import { Failure } from "../domain/failure.ts";
import type { FoundSilence } from "../domain/silence.ts";

let stage: IncidentStage;
beforeAll(async () => {
  stage = await openIncidentStage("billing", "invoices", "shipping");
});
afterAll(() => stage.store.close());
beforeEach(async () => {
  await stage.clear();
  stage.fleet.away.clear();
  Object.assign(stage.fleet.ports, { silences: undefined });
});

const look = (name: string, input: Record<string, unknown> = {}) => lookAt(stage.fleet, { name, input });
const taken = async (id: string): Promise<void> => {
  await stage.fleet.ports.incidents.acknowledge(id, { id: "operator", name: "Olga", slackUser: null }, null);
};
/** The clock of the rows is the database's: what was written just now is "now". */
const now = (lines: readonly string[]): string[] => lines.map((line) => line.replaceAll(/T-?0(\.\d+)?\b/g, "T0"));

describe("alerts", () => {
  test("lists what fires, the worst first and of the same severity what nobody has, with a button to take that", async () => {
    await stage.tell("a", { agent: "shipping", began: 90, criticality: "P2" });
    const { id } = await stage.tell("b", { agent: "billing", began: 60 });
    await taken(id);
    await stage.tell("c", { agent: "invoices", began: 30 });
    await stage.tell("d", { agent: "billing", began: 20, ended: 10 });
    const { headline, context, lines, actions } = await look("alerts");
    expect(headline).toBe("🟧 *3 alerts fire* — nobody has 2");
    expect(context).toBe("2 P1 · 1 P2 · as of T0");
    expect(lines).toEqual([
      "🟧 P1 *AgentGone* invoices · inc-3 · since T-30 · nobody has it",
      "🟧 P1 *AgentGone* billing · inc-2 · since T-60 · 👀 Operator on call",
      "🟨 P2 *AgentGone* shipping · inc-1 · since T-90 · nobody has it",
    ]);
    expect(actions[0]).toMatchObject({ label: "Acknowledge inc-3", command: "ack", input: { alert: "inc-3" } });
  });

  test("a viewer is offered no button to take an alert, an operator the worst that nobody has", async () => {
    await stage.tell("a", { agent: "billing", began: 60 });
    const viewer = { ...stage.fleet.reading().actor, role: "viewer" as const };
    const seen = await lookAt(stage.fleet, { name: "alerts", actor: viewer });
    expect(seen.actions.map(({ label }) => label)).toEqual(["Of 30 days"]);
    expect((await look("alerts")).actions.map(({ label }) => label)).toEqual(["Acknowledge inc-1", "Of 30 days"]);
  });

  test("of named agents shows only the groups in which they fire", async () => {
    await stage.tell("a", { agent: "billing", began: 60 }, { agent: "invoices", began: 60 });
    await stage.tell("b", { agent: "shipping", began: 60 });
    await stage.tell("c", { agent: null, began: 60, name: "ExporterGone" });
    expect((await look("alerts", { who: ["invoices"] })).lines).toHaveLength(1);
    expect((await look("alerts")).lines).toHaveLength(3);
    expect((await look("alerts", { who: ["shipping"] })).lines[0]).toContain("shipping");
  });

  test("says what is muted and until when, and that it is not known while Alertmanager is away", async () => {
    await stage.tell("a", { agent: "billing", began: 60 });
    await stage.tell("b", { agent: "invoices", began: 60 }, { agent: "shipping", began: 60 });
    const silence: FoundSilence = {
      ...{ id: "s1", key: "mw-3", agents: ["billing"], alerts: { only: ["AgentGone"] } },
      ...{ startsAt: 0, endsAt: stage.fleet.now + 600_000 },
    };
    const fires = (agent: string, ...silencedBy: string[]) => ({ alertname: "AgentGone", agent, silencedBy });
    const silences = {
      list: async () => [silence],
      firing: async () => [fires("billing", "s1"), fires("invoices", "s1"), fires("shipping")],
    };
    Object.assign(stage.fleet.ports, { silences });
    const { lines } = await look("alerts");
    expect(lines.map((line) => line.includes("🔕 muted until T600"))).toEqual([true, false]);
    const away = () => Promise.reject(new Failure("unavailable", "Alertmanager does not answer"));
    Object.assign(stage.fleet.ports, { silences: { ...silences, firing: away } });
    expect((await look("alerts")).context).toContain("whether anything is muted is not known");
  });

  test("ten a page, and a page that is not there is refused", async () => {
    for (let at = 0; at < 12; at++) await stage.tell(`g${at}`, { agent: "billing", began: 60 + at });
    const first = await look("alerts");
    expect([first.lines.length, first.actions.at(-1)?.input]).toEqual([10, { who: [], page: 2 }]);
    expect((await look("alerts", { page: 2 })).lines).toHaveLength(2);
    await expect(look("alerts", { page: 3 })).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("incidents", () => {
  async function twoEnded(): Promise<void> {
    const { id } = await stage.tell("a", { agent: "billing", began: 600 });
    await taken(id);
    const restart = await stage.accept("restart", { who: ["billing"] }, { agents: ["billing"], incidentId: id });
    await stage.end(restart.id, "recovered", 310);
    await stage.tell("a", { agent: "billing", began: 600, ended: 300 });
    await stage.tell("b", { agent: "invoices", began: 500, name: "SubscriptionDead" });
    await stage.tell("b", { agent: "invoices", began: 500, ended: 100, name: "SubscriptionDead" });
  }

  test("lists open ones first, then the newest end: how long, who had it, what helped", async () => {
    await twoEnded();
    await stage.tell("c", { agent: "shipping", began: 50 });
    const { headline, context, lines, data } = await look("incidents");
    expect(headline).toBe("*3 incidents*, open or of the last 30 days");
    expect(context).toBe("P1: 2 over after 5 min 50 s · as of T0");
    expect(now(lines)).toEqual([
      "🟧 P1 *AgentGone* shipping · inc-3 · fires since T-50 · nobody took it",
      "✅ P1 *SubscriptionDead* invoices · inc-2 · T-500 for 6 min 40 s · nobody took it",
      "✅ P1 *AgentGone* billing · inc-1 · T-600 for 5 min · 👀 Operator on call after 10 min · helped: restart of billing (op-1)",
    ]);
    expect(data).toMatchObject({ total: 3, pages: 1 });
  });

  test("what ended more than 30 days ago is not told", async () => {
    await stage.tell("a", { agent: "billing", began: 31 * 86_400 + 60 });
    await stage.tell("a", { agent: "billing", began: 31 * 86_400 + 60, ended: 30 * 86_400 + 1 });
    expect((await look("incidents")).headline).toBe("*No incident* in the last 30 days");
  });

  test.each([
    ["an agent", "invoic", ["inc-2"]],
    ["an alert, in any case", "agentgone", ["inc-1"]],
    ["a note", "the key was", ["inc-1"]],
    ["signs that search languages know", "%", []],
  ])("finds by %s", async (_, text, ids) => {
    await twoEnded();
    const note = await stage.accept(
      "incident-note",
      { alert: "inc-1", text: "The key was renewed" },
      { incidentId: "inc-1" },
    );
    await stage.run(note);
    const { data } = await look("incidents", { text });
    expect((data as { incidents: { id: string }[] }).incidents.map(({ id }) => id)).toEqual(ids);
  });

  test("counts all that fit and shows ten a page", async () => {
    for (let at = 0; at < 11; at++) await stage.tell(`g${at}`, { agent: "billing", began: 60 + at });
    const first = await look("incidents", { text: "billing" });
    expect([first.lines.length, first.headline]).toEqual([
      10,
      '*11 incidents* with "billing", open or of the last 30 days',
    ]);
    expect(first.actions.at(-1)).toMatchObject({ command: "incidents", input: { text: "billing", page: 2 } });
    expect((await look("incidents", { page: 2 })).lines).toHaveLength(1);
    await expect(look("incidents", { page: 3 })).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("with an id shows that one", async () => {
    await twoEnded();
    expect((await look("incidents", { text: "inc-2" })).headline).toContain("inc-2 ended after 6 min 40 s");
  });
});

describe("incident", () => {
  test("tells its course in order: began, joined, left, ordered, done, noted, over", async () => {
    const annotations = { summary: "billing is gone", runbook_url: "https://runbooks.test/agent-gone.md" };
    const { id } = await stage.tell(
      "a",
      { agent: "billing", began: 600, annotations },
      { agent: "invoices", began: 500 },
    );
    await stage.tell("a", { agent: "billing", began: 600, annotations }, { agent: "invoices", began: 500, ended: 400 });
    await taken(id);
    const restart = await stage.accept("restart", { who: ["billing"] }, { agents: ["billing"], incidentId: id });
    await stage.end(restart.id, "recovered", 310);
    await stage.fleet.ports.changes?.tell(
      {
        ...{ at: stage.fleet.now - 700_000, agents: ["billing"], what: "deployed 4.7.2", version: null, by: "CI" },
        ...{ link: null, key: `k-${id}` },
      },
      { ...AUDIT },
    );
    await stage.tell("a", { agent: "billing", began: 600, ended: 300, annotations });
    const { headline, lines, fields } = await look("incident", { id });
    expect(headline).toBe("✅ P1 *AgentGone* billing, invoices — inc-1 ended after 5 min");
    expect(now(lines)).toEqual([
      "> billing is gone",
      "T-600 AgentGone begins: billing",
      "T-500 invoices fires, too",
      "T-400 invoices fires no more",
      "T-350 restart of billing ordered by Operator on call (op-1)",
      "T-310 restart of billing recovered after 38 s (op-1)",
      "T-300 over after 5 min",
      expect.stringMatching(/^T\S+ Alertmanager tells of it, 10 min after it began$/),
      expect.stringMatching(/^T\S+ taken by Olga, after 10 min$/),
    ]);
    expect(fields).toContainEqual({ name: "Helped", value: "restart of billing (op-1)" });
    expect(fields).toContainEqual({ name: "Runbook", value: "https://runbooks.test/agent-gone.md" });
    expect(fields[0]?.value).toContain("billing deployed 4.7.2, by CI");
  });

  test("says how its agents are now while it fires", async () => {
    await stage.tell("a", { agent: "billing", began: 60 });
    const { headline, lines } = await look("incident", { id: "1" });
    expect(headline).toBe("🟧 P1 *AgentGone* billing — inc-1 fires since T-60, nobody has it");
    expect(lines[0]).toContain("*billing*");
    expect(lines[0]).toContain("heartbeat ✓");
  });

  test("one that is not there is refused with those that fire", async () => {
    await stage.tell("a", { agent: "billing", began: 60 });
    await expect(look("incident", { id: "inc-99" })).rejects.toMatchObject({
      code: "not_found",
      message: 'There is no incident "inc-99". Firing: inc-1. The list: incidents',
    });
  });
});

const AUDIT = {
  ...{ event: "configuration", actor: "ci", door: "http", command: null, targets: [], decision: "allowed" },
  ...{ rule: null, reason: null, operationId: null, requestId: "r", detail: {} },
} as unknown as Parameters<NonNullable<IncidentStage["fleet"]["ports"]["changes"]>["tell"]>[1];
