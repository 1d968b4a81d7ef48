import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createAuditLog } from "../adapters/postgres/audit-log.ts";
import { openSilenceStage, type SilenceStage } from "../adapters/postgres/silence-stage-fixture.ts";
import { lookAt, runOn } from "../command-fixture.ts";
import { parseCommandWords } from "../command-words.ts";
import { Failure } from "../domain/failure.ts";
import { boundTo, changesBetween } from "../domain/plan.ts";
import { targetOf } from "../fake-agent-fixture.ts";
import { awaitClear } from "../lifecycle/await-clear.ts";
import { LIFECYCLE_LIMITS } from "../lifecycle/limits.ts";
import { loadCommands } from "../load-commands.ts";
import { makePlan } from "../make-plan.ts";
import { workLines } from "../plan-words.ts";
import silence from "./silence.ts";

let store: TestStore;
let stage: SilenceStage;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  stage = await openSilenceStage(store.pool);
});

const input = (who: string[], time = "1h") => ({ who, time, text: "known since yesterday" });

describe("silence", () => {
  test.each([
    ["silence billing 1h the key is renewed", { who: ["billing"], time: "1h", text: "the key is renewed" }],
    [
      "silence billing invoices until 08:30 known",
      { who: ["billing", "invoices"], time: "until 08:30", text: "known" },
    ],
    ["silence @content 30m bad news", { who: ["@content"], time: "30m", text: "bad news" }],
  ])("is typed as people say it: %s", async (text, read) => {
    expect(parseCommandWords(text, await loadCommands()).input).toEqual(read);
  });

  test.each([
    ["silence billing 1h", "text is missing"],
    ["silence billing tonight", "time is missing"],
    ["silence billing 1h no", "text is"],
  ])("is refused without its time or why: %s", async (text, problem) => {
    const commands = await loadCommands();
    expect(() => parseCommandWords(text, commands)).toThrow(problem);
  });

  test("mutes the alert names that fire now for these agents, and no others", async () => {
    await stage.tell("billing", "AgentGone");
    await stage.tell("billing", "EventsLost");
    await stage.tell("invoices", "AgentGone");
    const { results, ending } = await stage.silence(["billing"]);
    expect(ending).toBe("done");
    expect(results[0]?.detail).toMatch(
      /^sil-\d+ until .*: Mutes 2 alert names of 1 agent \(AgentGone, EventsLost\); all others still ring$/,
    );
    expect(stage.silences.held).toMatchObject([
      { key: (await stage.only()).id, agents: ["billing"], alerts: { only: ["AgentGone", "EventsLost"] } },
    ]);
  });

  test("of several agents mutes of each what fires of it", async () => {
    await stage.tell("billing", "AgentGone");
    await stage.tell("invoices", "EventsLost");
    await stage.silence(["billing", "invoices"]);
    expect(stage.silences.held).toMatchObject([
      { agents: ["billing"], alerts: { only: ["AgentGone"] } },
      { agents: ["invoices"], alerts: { only: ["EventsLost"] } },
    ]);
  });

  test("says in its plan what it mutes, and is bound to it", async () => {
    await stage.tell("billing");
    const targets = await silence.targets(input(["billing", "invoices"]), stage.fleet.reading());
    expect(targets.map(({ id }) => id)).toEqual(["billing"]);
    const words = "Mutes 1 alert name of 1 agent (AgentGone); all others still ring";
    const planNow = async () => {
      const remarks = await silence.remarks(targets, stage.fleet.reading());
      const decision = {
        ...{ allowed: true, needsSecondPerson: false, rule: "role-operator", why: "", whoCan: [] },
        instead: null,
      };
      const question = {
        command: silence,
        input: input(["billing"]),
        actor: { id: "operator" },
        force: false,
        decision,
      };
      const about = { agents: targets, subjects: ["silence"], brakes: [], incidentId: null, remarks };
      return await makePlan({ ...question, ...about }, stage.fleet.ports);
    };
    const before = await planNow();
    expect(workLines(before)).toContain(words);
    expect(boundTo(await planNow())).toEqual(boundTo(before));
    await stage.tell("billing", "EventsLost");
    const after = await planNow();
    expect(boundTo(after)).not.toEqual(boundTo(before));
    expect(changesBetween(before, after).join()).toContain("Mutes 2 alert names of 1 agent");
  });

  test("is refused where nothing fires, with what to do instead", async () => {
    const asked = silence.targets(input(["billing"], "2h"), stage.fleet.reading());
    await expect(asked).rejects.toMatchObject({
      ...{ code: "conflict", message: "Nothing fires of billing, so there is nothing to silence" },
      detail: { next: "To mute in advance: maintenance billing 2h. Nothing was done." },
    });
  });

  test("counts nothing that somebody opened by hand: no Alertmanager could mute it", async () => {
    await stage.tell("billing");
    stage.silences.active.length = 0;
    await store.pool.query("update incidents set opened_by = $1", [{ id: "olga", name: "Olga", slackUser: null }]);
    const asked = silence.targets(input(["billing"]), stage.fleet.reading());
    await expect(asked).rejects.toMatchObject({ code: "conflict" });
  });

  test("is refused where no Alertmanager could mute anything", async () => {
    await stage.tell("billing");
    Object.assign(stage.fleet.ports, { silences: undefined });
    const asked = silence.targets(input(["billing"]), stage.fleet.reading());
    await expect(asked).rejects.toMatchObject({ code: "unavailable", detail: { next: /ALERTMANAGER_URL/ } });
  });

  test.each([
    ["P1", "4h", null],
    ["P1", "5h", { rule: "mutes-long", why: "this mutes for 5h, longer than 4h" }],
    ["P0", "30m", { rule: "mutes-p0", why: "this mutes billing, which is P0" }],
  ] as const)("of a %s agent for %s needs a second person: %j", async (criticality, time, rule) => {
    const targets = [{ ...stage.fleet.agent("billing").expected, criticality }];
    expect(await silence.needsSecondPerson(targets, stage.fleet.reading(), input(["billing"], time))).toEqual(rule);
  });

  test("until a time of day goes by the clock of the people on call, and needs a second person if that is far", async () => {
    Object.assign(stage.fleet.ports, { zone: "Asia/Kolkata" });
    stage.fleet.now = Date.parse("2026-11-30T02:00:00Z");
    await stage.tell("billing");
    await stage.silence(["billing"], "until 08:30");
    expect((await stage.only()).endsAt).toBe(Date.parse("2026-11-30T03:00:00Z"));
    const targets = [stage.fleet.agent("billing").expected];
    const far = await silence.needsSecondPerson(targets, stage.fleet.reading(), input(["billing"], "until 12:30"));
    expect(far).toEqual({ rule: "mutes-long", why: "this mutes until 12:30, longer than 4h" });
  });

  test("takes what it makes quiet, so that phones are silent too, and leaves to others what they have", async () => {
    const mine = await stage.tell("billing");
    const theirs = await stage.tell("invoices");
    await stage.incidents.acknowledge(theirs.id, { id: "sam", name: "Sam", slackUser: null }, null);
    await stage.silence(["billing", "invoices"]);
    expect(await stage.incidents.find(mine.id)).toMatchObject({
      acknowledgedBy: { id: "operator" },
      acknowledgedHow: "by silencing",
    });
    expect(await stage.incidents.find(theirs.id)).toMatchObject({ acknowledgedBy: { id: "sam" } });
    expect(stage.fleet.effects.filter((effect) => effect.startsWith("page"))).toHaveLength(1);
  });

  test("is one silence however often its stage runs, mutes once and is audited once", async () => {
    await stage.tell("billing");
    await stage.silence(["billing"], "1h", { id: "op-77", crash: "silenced" });
    expect(await stage.askedSilences.open()).toHaveLength(1);
    expect(stage.silences.held).toHaveLength(1);
    const rows = await createAuditLog(store.pool).search({ operationId: "op-77", limit: 5 });
    expect(rows.map(({ action }) => action)).toEqual(["silence begun"]);
  });

  test("stands, and says so, while Alertmanager does not answer", async () => {
    await stage.tell("billing");
    const away = () => Promise.reject(new Failure("unavailable", "Alertmanager does not answer"));
    Object.assign(stage.silences, { list: away, put: away, firing: away });
    const { results } = await stage.silence(["billing"]);
    expect(results[0]).toMatchObject({ state: "done", detail: expect.stringContaining("not muted yet") });
    expect(await stage.askedSilences.open()).toHaveLength(1);
  });

  test("is told on the card and in its thread, and once more when it ends", async () => {
    const { id, revision } = await stage.tell("billing");
    await stage.silence(["billing"]);
    const note = `${id}:${(await stage.only()).id}`;
    expect((await stage.incidents.find(id))?.revision).toBeGreaterThan(revision);
    expect(await stage.publications.find(note)).toMatchObject({ revision: 1 });
    await runOn(stage.fleet, { name: "unsilence", agent: "sil", input: { silence: (await stage.only()).id } });
    expect(await stage.publications.find(note)).toMatchObject({ revision: 2 });
  });

  test("of an agent that is restarted does not hide that the restart helped", async () => {
    await stage.tell("billing");
    await stage.silence(["billing"]);
    const limits = { ...LIFECYCLE_LIMITS, clearMs: 50, clearPollMs: 10 };
    const target = targetOf("billing", { incident: "inc-1" });
    const wait = () => awaitClear(target, stage.fleet.acting(), limits);
    expect(await wait()).toMatchObject({ ending: "did-not-help" });
    stage.silences.active.length = 0;
    expect(await wait()).toMatchObject({ state: "done", ending: "recovered" });
  });

  test("leaves the counts of the fleet as they are", async () => {
    await stage.tell("billing");
    await stage.silence(["billing"]);
    stage.fleet.kill("billing");
    const { lines } = await lookAt(stage.fleet, { name: "status", input: { who: [] } });
    expect(lines[0]).toBe("2 expected · 1 healthy · 1 critical");
  });
});
