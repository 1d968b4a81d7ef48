import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { endDueWindows, silencesOfWindows } from "../../brakes/run-maintenance.ts";
import { lookAt, runOn } from "../../command-fixture.ts";
import maintenance from "../../commands/maintenance.ts";
import { auditEntry } from "../../domain/audit.ts";
import { FakeFleet } from "../../fleet-fixture.ts";
import { createAuditLog } from "./audit-log.ts";
import { createMaintenance } from "./maintenance.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

let fleet: FakeFleet;
beforeEach(async () => {
  await store.pool.query("delete from maintenance_windows");
  fleet = new FakeFleet("billing", "invoices");
  Object.assign(fleet.ports, { maintenance: createMaintenance(store.pool) });
});

let number = 0;
const open = (who: string[], time = "45m") => {
  number += 1;
  return runOn(fleet, { name: "maintenance", agent: "maintenance", id: `op-${number}`, input: { who, time } });
};
const windows = async () => (await fleet.ports.maintenance?.open()) ?? [];

describe("maintenance", () => {
  test("opens a window that every look at the fleet shows: measured as ever, and counted as off on purpose", async () => {
    await open(["billing"]);
    const [window] = await windows();
    expect(window).toMatchObject({ agents: ["billing"], by: "Operator on call", endsAt: fleet.now + 45 * 60_000 });
    const { lines } = await lookAt(fleet, { name: "status", input: { who: [] } });
    expect(lines[0]).toBe("2 expected · 1 healthy · 1 off");
    expect(lines.join("\n")).toContain(`in maintenance (${window?.id}) by Operator on call until T2700, working`);
  });

  test("of an agent that is gone says so, and calls nobody sick", async () => {
    await open(["billing"]);
    fleet.kill("billing");
    const { headline, lines } = await lookAt(fleet, { name: "status", input: { who: [] } });
    expect(headline).toContain("1 of 1 work");
    expect(lines.join("\n")).toMatch(/in maintenance .*, gone/);
  });

  test("is one window however often its stage runs, and is audited once", async () => {
    number += 1;
    const input = { who: ["billing"], time: "45m" };
    await runOn(fleet, { name: "maintenance", agent: "maintenance", id: `op-${number}`, input, crash: "muted" });
    const found = await windows();
    expect(found).toHaveLength(1);
    const rows = await createAuditLog(store.pool).search({ operationId: `op-${number}`, limit: 5 });
    expect(rows.map(({ action }) => action)).toEqual(["maintenance opened"]);
  });

  test.each([
    ["P1", "4h", null],
    ["P1", "5h", { rule: "mutes-long", why: "this mutes for 5h, longer than 4h" }],
    ["P0", "30m", { rule: "mutes-p0", why: "this mutes billing, which is P0" }],
  ] as const)("of a %s agent for %s needs a second person: %j", async (criticality, time, rule) => {
    const targets = [{ ...fleet.agent("billing").expected, criticality }];
    expect(await maintenance.needsSecondPerson(targets, fleet.reading(), { who: ["billing"], time })).toEqual(rule);
  });

  test("ends by itself when its time is over, and not before", async () => {
    await open(["billing"], "10m");
    expect(await endDueWindows(fleet.ports)).toEqual([]);
    fleet.now += 10 * 60_000;
    expect(await endDueWindows(fleet.ports)).toHaveLength(1);
    expect(await windows()).toEqual([]);
  });

  test("is ended early by its id, and listed until then", async () => {
    await open(["billing"]);
    const [window] = await windows();
    expect((await lookAt(fleet, { name: "maintenance-list" })).lines.join()).toContain(
      `${window?.id}: billing until T2700`,
    );
    const input = { window: window?.id };
    const ended = await runOn(fleet, { name: "maintenance-end", agent: String(window?.id), input });
    expect(ended).toMatchObject({ ending: "done", results: [{ detail: "alerts of billing ring again" }] });
    expect(await windows()).toEqual([]);
  });

  test("mutes all alerts but those that somebody was told of and that have not ended", async () => {
    await open(["billing", "invoices"]);
    fleet.fire("inc-1", "billing");
    const wanted = await silencesOfWindows(await windows(), fleet.ports);
    expect(wanted.map(({ agents, alerts }) => [agents, alerts])).toEqual([
      [["billing"], { except: ["AgentGone"] }],
      [["invoices"], { except: [] }],
    ]);
  });

  test("says that nothing is muted while no Alertmanager is there, and opens all the same", async () => {
    const { results } = await open(["billing"]);
    expect(results[0]).toMatchObject({ state: "done", detail: expect.stringContaining("not muted yet") });
  });

  test("is known to a look that does not ask PostgreSQL only after somebody has looked", async () => {
    const peer = createMaintenance(store.pool);
    await open(["billing"]);
    expect(peer.current()).toEqual([]);
    await peer.open();
    expect(peer.current()).toMatchObject([{ agents: ["billing"] }]);
    const audit = auditEntry({ event: "configuration", actor: "olga", door: "slack" });
    expect(await peer.end({ id: "mw-999999", by: "Olga", now: fleet.now, audit })).toBeNull();
  });
});
