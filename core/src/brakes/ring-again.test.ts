import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openSilenceStage, type SilenceStage } from "../adapters/postgres/silence-stage-fixture.ts";
import { lookAt, runOn } from "../command-fixture.ts";
import unsilence from "../commands/unsilence.ts";
import { Failure } from "../domain/failure.ts";
import { ringAgain } from "./ring-again.ts";
import { endDueSilences } from "./run-silence.ts";

const MINUTE = 60_000;
let store: TestStore;
let stage: SilenceStage;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  stage = await openSilenceStage(store.pool);
});

describe("the end of a silence", () => {
  const toEnd = async (): Promise<string> => {
    await stage.silence(["billing"], "30m");
    const { id } = await stage.only();
    stage.fleet.now += 30 * MINUTE;
    await endDueSilences(stage.fleet.ports);
    return id;
  };
  const round = () => ringAgain(stage.deps);
  const rang = () => stage.fleet.effects.filter((effect) => effect.startsWith("ring again"));

  test("comes by itself when its time is over, and not before", async () => {
    await stage.tell("billing");
    await stage.silence(["billing"], "30m");
    stage.fleet.now += 30 * MINUTE - 1;
    await endDueSilences(stage.fleet.ports);
    expect(await stage.askedSilences.open()).toHaveLength(1);
    stage.fleet.now += 1;
    await endDueSilences(stage.fleet.ports);
    expect(await stage.askedSilences.open()).toEqual([]);
  });

  test("of what still fires gives it back, rings the phones again and says so in its thread, once", async () => {
    const { id } = await stage.tell("billing");
    const ended = await toEnd();
    await round();
    await round();
    expect(await stage.incidents.find(id)).toMatchObject({ acknowledgedBy: null, acknowledgedHow: null });
    expect(rang()).toEqual([`ring again: P1 billing: AgentGone: it still fires, silence ${ended} has ended`]);
    expect(await stage.publications.find(`${id}:${ended}:again`)).toMatchObject({ posted: null });
  });

  test("of what has ended meanwhile wakes nobody", async () => {
    const { id } = await stage.tell("billing");
    stage.silences.active.length = 0;
    const ended = await toEnd();
    await round();
    expect(rang()).toEqual([]);
    expect(await stage.publications.find(`${id}:${ended}:again`)).toBeNull();
    expect(await stage.askedSilences.untold()).toEqual([]);
  });

  test("leaves it with who had taken it before, and says it to them without ringing all phones", async () => {
    const { id } = await stage.tell("billing");
    await stage.incidents.acknowledge(id, { id: "sam", name: "Sam", slackUser: null }, null);
    const ended = await toEnd();
    await round();
    expect(await stage.incidents.find(id)).toMatchObject({ acknowledgedBy: { id: "sam" } });
    expect(rang()).toEqual([]);
    expect(await stage.publications.find(`${id}:${ended}:again`)).not.toBeNull();
  });

  test("is told again after a pager that was away, and after an Alertmanager that was, at the latest a minute later", async () => {
    const { id } = await stage.tell("billing");
    await toEnd();
    const { firing } = stage.silences;
    Object.assign(stage.silences, { firing: () => Promise.reject(new Failure("unavailable", "away")) });
    await expect(round()).rejects.toMatchObject({ code: "unavailable" });
    expect((await stage.incidents.find(id))?.acknowledgedBy).not.toBeNull();
    stage.fleet.now += MINUTE;
    stage.fleet.away.add("pager");
    await expect(round()).rejects.toMatchObject({ code: "unavailable" });
    stage.fleet.away.delete("pager");
    await round();
    expect(rang()).toHaveLength(1);
    Object.assign(stage.silences, { firing });
    expect(await stage.askedSilences.untold()).toEqual([]);
  });

  test("is not told while another silence holds for the same", async () => {
    await stage.tell("billing");
    await stage.silence(["billing"], "2h");
    await stage.silence(["billing"], "30m");
    stage.fleet.now += 30 * MINUTE;
    await endDueSilences(stage.fleet.ports);
    await round();
    expect(rang()).toEqual([]);
  });

  test("comes at once by its id, with its muting, and a wrong id is told what holds", async () => {
    await stage.tell("billing");
    await stage.silence(["billing"]);
    const { id } = await stage.only();
    expect((await lookAt(stage.fleet, { name: "silences" })).lines.join()).toContain(`${id}: billing until T3600`);
    await expect(unsilence.targets({ silence: "sil-999999" }, stage.fleet.reading())).rejects.toMatchObject({
      ...{ code: "not_found", detail: { allowed: [id], next: `Silences: ${id}. Nothing was done.` } },
    });
    const ended = await runOn(stage.fleet, { name: "unsilence", agent: id, input: { silence: id } });
    expect(ended).toMatchObject({ ending: "done", results: [{ detail: "alerts of billing ring again" }] });
    expect([stage.silences.held, await stage.askedSilences.open()]).toEqual([[], []]);
  });
});
