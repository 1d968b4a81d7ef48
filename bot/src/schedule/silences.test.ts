import { openSilences } from "@rollcall/core/adapters/alertmanager/silences.ts";
import { createAskedSilences } from "@rollcall/core/adapters/postgres/asked-silences.ts";
import { createPublications } from "@rollcall/core/adapters/postgres/publications.ts";
import { openSilenceStage, type SilenceStage } from "@rollcall/core/adapters/postgres/silence-stage-fixture.ts";
import type { Silences } from "@rollcall/core/ports/silences.ts";
import { type AlertmanagerUnderTest, startAlertmanager } from "@rollcall/test/alertmanager.ts";
import { eventually, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { brakeLoops } from "./brakes.ts";
import type { LoopOptions } from "./loop.ts";

const FLEET = "asked-silences";
let store: TestStore;
let alertmanager: AlertmanagerUnderTest;
let restarted: AlertmanagerUnderTest;
let stage: SilenceStage;
beforeAll(async () => {
  store = await openTestStore();
  alertmanager = await startAlertmanager(inject("toolsDir"), FLEET);
  restarted = await startAlertmanager(inject("toolsDir"), FLEET);
}, 120_000);
afterAll(async () => {
  await Promise.all([alertmanager.stop(), restarted.stop()]);
  await store.close();
});
beforeEach(async () => {
  stage = await openSilenceStage(store.pool);
  stage.fleet.now = Date.now();
  Object.assign(stage.fleet.ports, { silences: openSilences({ url: alertmanager.url, fleet: FLEET }) });
});

const silences = (): Silences => stage.fleet.ports.silences as Silences;
const came = (words: string): Promise<void> => eventually(() => alertmanager.delivered.includes(words), 30_000);

/** The loops of a control service that has just been started. */
async function round(name: string): Promise<void> {
  const loops = new Map<string, LoopOptions>();
  const loop = (options: LoopOptions) => {
    loops.set(options.name, options);
    return { stop: async () => undefined };
  };
  Object.assign(stage.fleet.ports, { askedSilences: createAskedSilences(store.pool) });
  const database = { pool: store.pool, publications: createPublications(store.pool) };
  const deps = { ports: stage.fleet.ports, database, metrics: { seen: () => undefined } };
  brakeLoops(deps as unknown as Parameters<typeof brakeLoops>[0], loop, () => true);
  await loops.get(name)?.run();
}

/** Somebody was told of it, and silences it. @returns ids of the incident and of the silence */
async function silenced(agent: "billing" | "invoices"): Promise<{ incident: string; silence: string }> {
  await alertmanager.tell(agent, "AgentGone", "firing");
  await came(`AgentGone ${agent} firing`);
  const { id } = await stage.tell(agent, "AgentGone");
  await stage.silence([agent], "30m");
  return { incident: id, silence: (await stage.only()).id };
}
const mutedNames = async (agent: string): Promise<string[]> => {
  const firing = await silences().firing([agent]);
  return firing.filter(({ silencedBy }) => silencedBy.length > 0).map(({ alertname }) => alertname);
};
const keys = async (): Promise<string[]> => (await silences().list()).map(({ key }) => key);

describe("an asked silence, in a real Alertmanager", { timeout: 90_000 }, () => {
  test("mutes what fires, and leaves a new kind of alert of the same agent to ring", async () => {
    await silenced("billing");
    await eventually(async () => (await mutedNames("billing")).includes("AgentGone"), 10_000);
    await alertmanager.tell("billing", "EventsLost", "firing");
    await came("EventsLost billing firing");
    expect(await mutedNames("billing")).toEqual(["AgentGone"]);
  });

  test("is there again after it was ended by hand, and after Alertmanager came back without its data", async () => {
    const { silence } = await silenced("invoices");
    for (const { id, key } of await silences().list()) if (key === silence) await silences().end(id);
    expect(await keys()).not.toContain(silence);
    await round("silences");
    expect(await keys()).toContain(silence);
    Object.assign(stage.fleet.ports, { silences: openSilences({ url: restarted.url, fleet: FLEET }) });
    expect(await keys()).toEqual([]);
    await round("silences");
    expect(await keys()).toEqual([silence]);
  });

  test("is over there when its time is, and what still fires is given back and rings again, told once", async () => {
    const { incident, silence } = await silenced("billing");
    expect((await stage.incidents.find(incident))?.acknowledgedHow).toBe("by silencing");
    stage.fleet.now += 30 * 60_000;
    for (const name of ["brakes-end", "silences", "silences-over", "silences-over"]) await round(name);
    expect(await keys()).not.toContain(silence);
    expect(await stage.incidents.find(incident)).toMatchObject({ state: "firing", acknowledgedBy: null });
    expect(await stage.publications.find(`${incident}:${silence}:again`)).toMatchObject({ revision: 1 });
    const rang = stage.fleet.effects.filter((effect) => effect.startsWith("ring again"));
    expect(rang).toEqual([`ring again: P1 billing: AgentGone: it still fires, silence ${silence} has ended`]);
  });

  test("that is over wakes nobody for an alert that ended while it was muted", async () => {
    const { incident, silence } = await silenced("invoices");
    await alertmanager.tell("invoices", "AgentGone", "resolved");
    await eventually(async () => (await silences().firing(["invoices"])).length === 0, 10_000);
    stage.fleet.now += 30 * 60_000;
    for (const name of ["brakes-end", "silences", "silences-over"]) await round(name);
    expect(await stage.publications.find(`${incident}:${silence}:again`)).toBeNull();
    expect(stage.fleet.effects.filter((effect) => effect.startsWith("ring again"))).toEqual([]);
  });
});
