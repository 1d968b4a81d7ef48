import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createAlertOffers } from "../adapters/postgres/alert-offers.ts";
import { createAuditLog } from "../adapters/postgres/audit-log.ts";
import { openSilenceStage, type SilenceStage } from "../adapters/postgres/silence-stage-fixture.ts";
import { runOn } from "../command-fixture.ts";
import type { Actor } from "../domain/actor.ts";
import { OPERATOR } from "../fake-agent-fixture.ts";
import type { Person } from "../ports/directory.ts";
import give from "./give.ts";
import accept from "./give-accept.ts";

const person = (id: string, name: string, role: Person["role"]): Person => ({
  ...{ id, name, role, mails: [`${id}@example.test`], slack: [{ team: "T0LOCAL", user: `U0${id.toUpperCase()}` }] },
});
const PEOPLE = [
  person("operator", OPERATOR.name, "operator"),
  person("sam", "Sam", "admin"),
  person("vic", "Vic", "viewer"),
];
const actorOf = (id: string): Actor => ({ ...OPERATOR, id, name: id === "sam" ? "Sam" : id, slackUser: `U0${id}` });

let store: TestStore;
let stage: SilenceStage;
let id: string;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.pool.query("truncate alert_offers");
  stage = await openSilenceStage(store.pool);
  const { directory } = stage.fleet.ports;
  Object.assign(stage.fleet.ports, { offers: createAlertOffers(store.pool) });
  Object.assign(directory, {
    byId: (one: string) => PEOPLE.find((known) => known.id === one) ?? null,
    withRole: () => PEOPLE,
  });
  ({ id } = await stage.tell("billing"));
  await stage.incidents.acknowledge(id, { id: "operator", name: OPERATOR.name, slackUser: "U0OPERATOR" }, null);
});

let number = 0;
async function ask(name: string, more: { actor?: Actor; person?: string; crash?: string } = {}) {
  number += 1;
  const { actor = OPERATOR, person: whom = "@sam", crash } = more;
  const input = name === "give" ? { alert: id, person: whom } : { alert: id };
  const run = { name, agent: "x", id: `op-${number}`, incidentId: id, input, actor };
  return await runOn(stage.fleet, { ...run, ...(crash !== undefined && { crash }) });
}
const holder = async () => (await stage.incidents.find(id))?.acknowledgedBy?.id ?? null;
const offers = async () =>
  (await store.pool.query("select id, answer from alert_offers order by id")).rows as {
    id: string;
    answer: string | null;
  }[];

describe("give", () => {
  test("leaves the alert where it is until the other says yes, and asks them in the card's thread", async () => {
    expect((await ask("give")).results[0]?.detail).toBe("Sam was asked; it is yours until they say yes");
    expect(await holder()).toBe("operator");
    const [offer] = await offers();
    expect(await stage.publications.find(`${id}:give-${offer?.id}`)).toMatchObject({ revision: 1 });
  });

  test("offers once however often its stage runs", async () => {
    await ask("give", { crash: "offered" });
    expect(await offers()).toHaveLength(1);
  });

  test("to somebody else replaces the first offer, whose yes comes too late", async () => {
    await ask("give");
    await ask("give", { person: "operator" });
    expect((await offers()).map(({ answer }) => answer)).toEqual(["replaced", null]);
    const late = accept.targets({ alert: id }, stage.fleet.reading(actorOf("sam")));
    await expect(late).rejects.toMatchObject({ code: "forbidden" });
  });

  const asked = (whom: string, actor: Actor = OPERATOR) =>
    give.targets({ alert: id, person: whom }, stage.fleet.reading(actor));

  test("is refused to who may not take alerts, to yourself, and of what somebody else has", async () => {
    await expect(asked("vic")).rejects.toMatchObject({ code: "conflict", message: /Vic may not take alerts/ });
    await expect(asked("operator")).rejects.toMatchObject({ message: /has inc-\d+ already/ });
    await expect(asked("nobody-here")).rejects.toMatchObject({ code: "not_found" });
    await stage.incidents.giveBack(id);
    await stage.incidents.acknowledge(id, { id: "ann", name: "Ann", slackUser: null }, null);
    await expect(asked("sam")).rejects.toMatchObject({ code: "conflict", message: /^Ann has inc-\d+, so you cannot/ });
  });

  test("of what nobody has is allowed", async () => {
    await stage.incidents.giveBack(id);
    expect(await asked("sam")).toEqual([]);
  });
});

describe("the answer", () => {
  test("yes makes it theirs at once, is told to who gave it, and is audited in the same transaction", async () => {
    await ask("give");
    const { results } = await ask("give-accept", { actor: actorOf("sam") });
    expect(results[0]).toMatchObject({ state: "done", detail: `given by ${OPERATOR.name}` });
    expect(await stage.incidents.find(id)).toMatchObject({
      ...{ acknowledgedBy: { id: "sam", slackUser: "U0SAM" }, acknowledgedHow: `given by ${OPERATOR.name}` },
    });
    const [offer] = await offers();
    expect(await stage.publications.find(`${id}:give-${offer?.id}`)).toMatchObject({ revision: 2 });
    expect(await stage.publications.find(`${id}:give-${offer?.id}:answer`)).toMatchObject({ revision: 1 });
    const rows = await createAuditLog(store.pool).search({ operationId: `op-${number}`, limit: 5 });
    expect(rows).toMatchObject([{ event: "acknowledgement", action: "taken", detail: { giver: "operator" } }]);
  });

  test("yes has one effect, however often its stage runs", async () => {
    await ask("give");
    const { results } = await ask("give-accept", { actor: actorOf("sam"), crash: "taken" });
    expect([results[0]?.state, await holder()]).toEqual(["skipped", "sam"]);
  });

  test("not now leaves it where it is, and is told", async () => {
    await ask("give");
    await ask("give-decline", { actor: actorOf("sam") });
    expect([await holder(), (await offers())[0]?.answer]).toEqual(["operator", "declined"]);
    const again = accept.targets({ alert: id }, stage.fleet.reading(actorOf("sam")));
    await expect(again).rejects.toMatchObject({
      code: "conflict",
      message: `${id} is offered to nobody. Nothing was done.`,
    });
  });

  test("of anybody else is refused, also if it runs", async () => {
    await ask("give");
    const asked = accept.targets({ alert: id }, stage.fleet.reading(actorOf("ann")));
    await expect(asked).rejects.toMatchObject({
      code: "forbidden",
      detail: { next: "Sam can answer. Nothing was done." },
    });
    await ask("give-accept", { actor: actorOf("ann") });
    expect(await holder()).toBe("operator");
  });

  test("yes to what somebody else has taken meanwhile takes it from nobody", async () => {
    await ask("give");
    await stage.incidents.giveBack(id);
    await stage.incidents.acknowledge(id, { id: "ann", name: "Ann", slackUser: null }, null);
    await ask("give-accept", { actor: actorOf("sam") });
    expect(await holder()).toBe("ann");
    const asked = accept.targets({ alert: id }, stage.fleet.reading(actorOf("sam")));
    await expect(asked).rejects.toMatchObject({ code: "conflict", message: /^Ann has inc-\d+ by now/ });
  });

  test("of two at once one counts", async () => {
    await ask("give");
    await Promise.all(["give-accept", "give-decline"].map((name) => ask(name, { actor: actorOf("sam") })));
    const [offer] = await offers();
    expect(await holder()).toBe(offer?.answer === "taken" ? "sam" : "operator");
  });
});
