import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createReminders } from "./adapters/postgres/reminders.ts";
import { openSilenceStage, type SilenceStage } from "./adapters/postgres/silence-stage-fixture.ts";
import { named, runOn } from "./command-fixture.ts";
import unack from "./commands/unack.ts";
import { remindTaken } from "./remind-taken.ts";

const MINUTE = 60_000;
const OLGA = { id: "olga", name: "Olga", slackUser: "U0OLGA" };
let store: TestStore;
let stage: SilenceStage;
let id: string;
let takenAt: number;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  stage = await openSilenceStage(store.pool);
  Object.assign(stage.fleet.ports, { reminders: createReminders(store.pool) });
  // An alert of P1 that Olga took at a moment of the fake clock.
  ({ id } = await stage.tell("billing"));
  await take();
});

async function take(): Promise<void> {
  await stage.incidents.acknowledge(id, OLGA, null);
  takenAt = stage.fleet.now;
  await store.pool.query("update incidents set acknowledged_at = $1", [new Date(takenAt)]);
}
async function pass(minutes: number): Promise<void> {
  stage.fleet.now = takenAt + minutes * MINUTE;
  await remindTaken(stage.fleet.ports);
}
const holder = async () => (await stage.incidents.find(id))?.acknowledgedBy?.id ?? null;
const notes = async (): Promise<string[]> => {
  const behind = await stage.publications.behind(50);
  return behind.map(({ key }) => key).filter((key) => key.includes(":reminder-"));
};
const rang = () => stage.fleet.effects.filter((effect) => effect.startsWith("ring again"));

describe("whoever has an alert that still fires", () => {
  test("is reminded once after its time, and not before", async () => {
    await pass(29);
    expect(await notes()).toEqual([]);
    await pass(30);
    await pass(31);
    expect(await notes()).toHaveLength(1);
    expect([await holder(), rang()]).toEqual(["olga", []]);
  });

  test("has it no more after the second time, and the phones ring again, once", async () => {
    await pass(30);
    await pass(60);
    await pass(61);
    expect(await notes()).toHaveLength(2);
    expect(await holder()).toBeNull();
    expect(rang()).toEqual(["ring again: P1 billing: AgentGone: it still fires, Olga had it and was reminded twice"]);
  });

  test.each([
    ["P0", [10, 20]],
    ["P2", [240, 720]],
  ] as const)("of %s is reminded and loses it after %j minutes", async (criticality, [first, second]) => {
    await store.pool.query("update incidents set criticality = $1", [criticality]);
    await pass(first - 1);
    expect(await notes()).toEqual([]);
    await pass(first);
    await pass(second - 1);
    expect([(await notes()).length, await holder()]).toEqual([1, "olga"]);
    await pass(second);
    expect(await holder()).toBeNull();
    expect(rang()).toHaveLength(criticality === "P0" ? 1 : 0);
  });

  test("of P3 is left alone", async () => {
    await store.pool.query("update incidents set criticality = 'P3'");
    await pass(10_000);
    expect([await notes(), await holder()]).toEqual([[], "olga"]);
  });

  test("of what somebody opened by hand is reminded as ever, and no phone rings", async () => {
    await store.pool.query("update incidents set opened_by = acknowledged_by");
    await pass(30);
    await pass(60);
    expect([(await notes()).length, await holder(), rang()]).toEqual([2, null, []]);
  });

  test("is given the time between both after an outage of ours, too", async () => {
    await pass(300);
    expect([(await notes()).length, await holder()]).toEqual([1, "olga"]);
    await pass(329);
    expect(await holder()).toBe("olga");
    await pass(330);
    expect(await holder()).toBeNull();
  });

  test("is left alone while it is silenced", async () => {
    await stage.silence(["billing"], "2h");
    await pass(45);
    expect(await notes()).toEqual([]);
  });

  test("begins anew when somebody takes it again", async () => {
    await pass(30);
    await pass(60);
    await take();
    await pass(29);
    expect(await holder()).toBe("olga");
    await pass(30);
    expect(await notes()).toHaveLength(3);
  });

  test("two leaders at once remind once", async () => {
    stage.fleet.now = takenAt + 30 * MINUTE;
    await Promise.all([1, 2, 3, 4].map(() => remindTaken(stage.fleet.ports)));
    expect(await notes()).toHaveLength(1);
  });

  test("whose pager was away is rung for as soon as it is back, unless somebody has it by then", async () => {
    await pass(30);
    stage.fleet.away.add("pager");
    await expect(pass(60)).rejects.toMatchObject({ code: "unavailable" });
    expect(await holder()).toBeNull();
    await expect(pass(61)).rejects.toMatchObject({ code: "unavailable" });
    stage.fleet.away.delete("pager");
    await pass(62);
    await pass(63);
    expect(rang()).toHaveLength(1);
  });
});

describe("unack", () => {
  const giveBack = (more = {}) =>
    runOn(stage.fleet, { name: "unack", agent: "x", id: "op-9", incidentId: id, input: { alert: id }, ...more });

  test("gives it back, and says that PagerDuty rings nobody for it", async () => {
    stage.fleet.now += 1;
    expect((await giveBack()).results[0]).toMatchObject({
      state: "done",
      detail: "nobody has it; PagerDuty keeps it acknowledged and rings nobody",
    });
    expect([await holder(), rang()]).toEqual([null, []]);
  });

  test("takes it from nobody who took it after that was asked for", async () => {
    expect((await giveBack({ createdAt: takenAt - 1000 })).results[0]?.state).toBe("skipped");
    expect(await holder()).toBe("olga");
  });

  test("of what nobody has, or has ended, or is not there, is refused", async () => {
    const asked = (alert: string) => unack.targets({ alert }, stage.fleet.reading());
    await stage.incidents.giveBack(id);
    await expect(asked(id)).rejects.toMatchObject({ code: "conflict", message: `Nobody has ${id}. Nothing was done.` });
    await expect(asked("inc-999")).rejects.toMatchObject({ code: "not_found", detail: { allowed: [id] } });
    await stage.tell("billing", "AgentGone", false);
    await expect(asked(id)).rejects.toMatchObject({ code: "conflict", message: /has ended already/ });
  });

  test("is called give-back, too", () => {
    expect(named("unack").aliases).toContain("give-back");
  });
});
