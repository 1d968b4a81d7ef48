import { type IncidentStage, openIncidentStage } from "@rollcall/test/incident-stage.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { closeUntold } from "../close-untold.ts";
import type { ActCommand } from "../command.ts";
import { lookAt, named } from "../command-fixture.ts";
import { parseCommandWords } from "../command-words.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { awaitClear, rememberIncident } from "../lifecycle/await-clear.ts";
import { LIFECYCLE_LIMITS } from "../lifecycle/limits.ts";

let stage: IncidentStage;
beforeAll(async () => {
  stage = await openIncidentStage("billing", "invoices", "shipping");
});
afterAll(() => stage.store.close());
beforeEach(() => stage.clear());

const look = (name: string, input: Record<string, unknown> = {}) => lookAt(stage.fleet, { name, input });

describe("incident note", () => {
  test("stands in the course once, however often its operation is repeated, and wants one message in the thread", async () => {
    const { id, revision } = await stage.tell("a", { agent: "billing", began: 60 });
    const note = await stage.accept("incident-note", { alert: id, text: "a *key*\nwas renewed" }, { incidentId: id });
    expect(await stage.run(note)).toMatchObject({ state: "done", detail: `note-1 in ${id}` });
    expect(await stage.run(note, true)).toMatchObject({ state: "done", detail: `note-1 in ${id}` });
    const { lines } = await look("incident", { id });
    expect(lines.filter((line) => line.includes("a ∗key∗ was renewed"))).toHaveLength(1);
    const { rows } = await stage.store.pool.query(
      "select key from chat_messages where key like '%note%' or key like 'op-%'",
    );
    expect(rows).toEqual([{ key: "inc-1:note-1" }]);
    expect((await stage.fleet.ports.incidents.find(id))?.revision).toBe(revision + 1);
  });

  test("is read from words, with the incident before them", () => {
    const all = [named("incident-note"), named("incident"), named("incident-open")];
    expect(parseCommandWords("incident note inc-7 the key was renewed", all)).toMatchObject({
      command: { name: "incident-note" },
      input: { alert: "inc-7", text: "the key was renewed" },
    });
    expect(parseCommandWords('incident open "prices are stale" billing --criticality P1', all)).toMatchObject({
      input: { what: "prices are stale", who: ["billing"], criticality: "P1" },
    });
  });

  test("of an incident that is not there is refused, and nothing is written", async () => {
    const command = named("incident-note") as ActCommand;
    await expect(command.targets({ alert: "inc-9", text: "x" }, stage.fleet.reading())).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("Nothing was done."),
    });
  });
});

describe("an incident opened by hand", () => {
  const open = async (input: Record<string, unknown> = {}) => {
    const operation = await stage.accept(
      "incident-open",
      { what: "prices are stale", ...input },
      { agents: ['"prices are stale"'] },
    );
    return { operation, result: await stage.run(operation) };
  };

  test("is listed like any other, gets a card, and its operation gets no message of its own", async () => {
    const { result, operation } = await open({ who: ["billing", "invoices"], criticality: "P1" });
    expect(result).toMatchObject({ state: "done", detail: "inc-1 is open" });
    expect((await look("alerts")).lines[0]).toMatch(
      /^🟧 P1 \*prices are stale\* billing, invoices · inc-1 · opened by hand since T\S+ · nobody has it$/,
    );
    const { rows } = await stage.store.pool.query("select key from chat_messages");
    expect(rows).toEqual([{ key: "inc-1" }]);
    expect((await stage.fleet.ports.operations.find(operation.id))?.incidentId).toBe("inc-1");
  });

  test("is opened once, however often its operation is repeated", async () => {
    const { operation } = await open();
    expect(await stage.run(operation, true)).toMatchObject({ detail: "inc-1 is open" });
    expect((await look("alerts")).lines).toHaveLength(1);
  });

  test("two who say the same at once open one", async () => {
    await open();
    await expect(
      stage.accept("incident-open", { what: "prices are stale" }, { agents: ['"prices are stale"'] }),
    ).rejects.toMatchObject({ code: "conflict" });
  });

  test("words without quotes are refused with how to quote them", async () => {
    const command = named("incident-open") as ActCommand;
    const input = { what: "prices", who: ["are", "stale"] };
    await expect(command.targets(input, stage.fleet.reading())).rejects.toMatchObject({
      detail: { next: 'Put what is wrong in quotes: incident open "prices are stale"' },
    });
  });

  test("ends when somebody says so, with its cause and what helped", async () => {
    await open({ who: ["billing"] });
    const close = (isRepeat: boolean) => async () => {
      const input = { alert: "inc-1", text: "the feed hung", helped: "restart of the feed" };
      const operation = await stage.accept("incident-close", input, { incidentId: "inc-1" });
      return await stage.run(operation, isRepeat);
    };
    expect(await close(false)()).toMatchObject({ state: "done", detail: "inc-1 is closed" });
    // What was done and not stored is found done, and closing what was closed by somebody else is not.
    expect(await close(true)()).toMatchObject({ state: "done" });
    expect(await close(false)()).toMatchObject({ state: "failed" });
    const incident = await stage.fleet.ports.incidents.find("inc-1");
    expect(incident).toMatchObject({
      state: "resolved",
      closed: { by: { id: "operator" }, cause: "the feed hung", helped: "restart of the feed" },
      alerts: [{ agent: "billing", firing: false, endedAt: incident?.resolvedAt }],
    });
    expect((await look("incidents")).lines[0]).toContain("the feed hung · helped: restart of the feed");
    expect((await look("incident", { id: "inc-1" })).lines.at(-1)).toMatch(
      /closed by Operator on call after \d+ s: the feed hung; helped: restart of the feed$/,
    );
  });

  test("one of a rule is not closed by hand, neither by its words nor past them", async () => {
    const { id } = await stage.tell("a", { agent: "billing", began: 60 });
    const command = named("incident-close") as ActCommand;
    await expect(command.targets({ alert: id, text: "x" }, stage.fleet.reading())).rejects.toMatchObject({
      code: "conflict",
      message: "inc-1 ends by itself when its alert does. Nothing was done.",
    });
    const operation = await stage.accept("incident-close", { alert: id, text: "x" }, { incidentId: id });
    expect(await stage.run(operation)).toMatchObject({ state: "failed" });
    expect((await stage.fleet.ports.incidents.find(id))?.state).toBe("firing");
  });

  test("takes itself without telling the pager, which was never told of it", async () => {
    await open();
    const ack = await stage.accept("ack", { alert: "inc-1" }, { incidentId: "inc-1" });
    stage.fleet.effects.length = 0;
    expect(await stage.run(ack)).toMatchObject({ state: "done" });
    expect(stage.fleet.effects).toEqual([]);
    expect((await look("alerts")).lines[0]).toContain("👀 Operator on call");
  });

  test("is not ended because Alertmanager does not hold it", async () => {
    await open();
    let passed = 0;
    const held = { look: async () => ({ fingerprints: new Set<string>(), watchdog: true }) };
    const { incidents, clock, pager } = stage.fleet.ports;
    const round = closeUntold({ incidents, held, clock, pager, elapsed: () => passed });
    await round();
    passed = 3_600_000;
    expect(await round()).toEqual([]);
    expect((await incidents.find("inc-1"))?.state).toBe("firing");
  });

  test("keeps no restart waiting for an alert to end", async () => {
    await open({ who: ["billing"] });
    const limits = { ...LIFECYCLE_LIMITS, clearMs: 60, clearPollMs: 20 };
    expect(await rememberIncident(targetOf("billing"), stage.fleet.acting())).toEqual({ incident: null });
    expect(await awaitClear(targetOf("billing"), stage.fleet.acting(), limits)).toMatchObject({ ending: "recovered" });
  });
});
