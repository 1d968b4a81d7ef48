import { type AlertmanagerUnderTest, startAlertmanager } from "@rollcall/test/alertmanager.ts";
import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test, vi } from "vitest";
import { openHeldAlerts } from "./adapters/alertmanager/held-alerts.ts";
import { openSilences } from "./adapters/alertmanager/silences.ts";
import { createIncidents } from "./adapters/postgres/incidents.ts";
import { closeUntold } from "./close-untold.ts";
import { Failure } from "./domain/failure.ts";
import type { Incident, IncidentAlert } from "./domain/incident.ts";
import { dedupKeyOf } from "./take-incident.ts";

const FLEET = "untold-test";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let alertmanager: AlertmanagerUnderTest;
let store: TestStore;
let passed = 0;
let wall = 0;
let round: () => Promise<string[]>;
const resolved: string[] = [];
const pager = { resolve: async (key: string) => void resolved.push(key) };
beforeAll(async () => {
  alertmanager = await startAlertmanager(inject("toolsDir"), FLEET);
  store = await openTestStore();
}, 120_000);
afterAll(async () => {
  await alertmanager.stop();
  await store.close();
});
beforeEach(async () => {
  await store.pool.query("delete from alert_deliveries");
  await store.pool.query("delete from incidents");
  await alertmanager.tell("anybody", "Watchdog", "firing");
  wall = Date.now();
  const incidents = createIncidents(store.pool);
  const held = openHeldAlerts(alertmanager.url);
  round = closeUntold({ incidents, held, pager, clock: { now: () => wall }, elapsed: () => passed });
});

/** An alert that was delivered, with the fingerprint by which Alertmanager knows it, or one that it does not hold. */
async function open(agent: string, isHeld: boolean): Promise<Incident> {
  if (isHeld) await alertmanager.tell(agent, "AgentGone", "firing");
  const fingerprint = isHeld ? await fingerprintOf(agent) : `forgotten-${agent}`;
  const alert: IncidentAlert = {
    ...{ fingerprint, alertname: "AgentGone", agent, labels: { agent, criticality: "P1" }, annotations: {} },
    ...{ startsAt: wall - HOUR, firing: true, endedAt: null },
  };
  return createIncidents(store.pool).record({ groupKey: `{}:{agent="${agent}"}`, status: "firing", alerts: [alert] });
}
async function fingerprintOf(agent: string): Promise<string> {
  const response = await fetch(`${alertmanager.url}/api/v2/alerts?filter=agent%3D%22${agent}%22`);
  const [alert] = (await response.json()) as { fingerprint: string }[];
  return alert?.fingerprint ?? "";
}
const now = (id: string): Promise<Incident | null> => createIncidents(store.pool).find(id);
function pass(ms: number): void {
  passed += ms;
  wall += ms;
}

describe("an alert whose end nobody told", { timeout: 60_000 }, () => {
  test("ends once Alertmanager has not held it for ten minutes, at the first look that missed it", async () => {
    const { id } = await open("billing", false);
    const missedAt = wall;
    expect(await round()).toEqual([]);
    pass(10 * MINUTE - 1);
    expect(await round()).toEqual([]);
    pass(1);
    expect(await round()).toEqual([id]);
    expect(await now(id)).toMatchObject({ state: "resolved", resolvedAt: missedAt, alerts: [{ firing: false }] });
    expect(await round()).toEqual([]);
    expect(resolved).toEqual([dedupKeyOf({ groupKey: `{}:{agent="billing"}` })]);
  });

  test("goes on while the pager could not be told of its end, and is ended once it was", async () => {
    const { id } = await open("image-creator", false);
    const away = vi.spyOn(pager, "resolve").mockRejectedValueOnce(new Failure("unavailable", "PagerDuty is away"));
    await round();
    pass(10 * MINUTE);
    await expect(round()).rejects.toMatchObject({ code: "unavailable" });
    expect(await now(id)).toMatchObject({ state: "firing" });
    expect(await round()).toEqual([id]);
    away.mockRestore();
  });

  test("goes on while Alertmanager holds it, be it silenced", async () => {
    const { id } = await open("invoices", true);
    const silences = openSilences({ url: alertmanager.url, fleet: FLEET });
    const muted = { key: "mw-9", agents: ["invoices"], alerts: { except: [] }, why: "work", renewedForMs: null };
    await silences.put({ ...muted, until: Date.now() + HOUR }, Date.now());
    await round();
    pass(HOUR);
    expect(await round()).toEqual([]);
    expect(await now(id)).toMatchObject({ state: "firing" });
  });

  test("goes on while Prometheus tells Alertmanager nothing, and is waited for anew after that", async () => {
    const { id } = await open("shipping", false);
    await round();
    await alertmanager.tell("anybody", "Watchdog", "resolved");
    pass(HOUR);
    expect(await round()).toEqual([]);
    await alertmanager.tell("anybody", "Watchdog", "firing");
    pass(MINUTE);
    expect(await round()).toEqual([]);
    expect(await now(id)).toMatchObject({ state: "firing" });
    pass(10 * MINUTE);
    expect(await round()).toEqual([id]);
  });

  test("does not end because the clock of this machine jumps", async () => {
    const { id } = await open("crm-chat", false);
    await round();
    wall += HOUR;
    expect(await round()).toEqual([]);
    expect(await now(id)).toMatchObject({ state: "firing" });
  });

  test("ends alone: others of its group that are held go on", async () => {
    const { id, groupKey, alerts } = await open("archive-writer", true);
    const other = { ...(alerts[0] as IncidentAlert), fingerprint: "forgotten", agent: "stock-keeper" };
    await createIncidents(store.pool).record({ groupKey, status: "firing", alerts: [other] });
    await round();
    pass(10 * MINUTE);
    expect(await round()).toEqual([id]);
    const { state, alerts: left = [] } = (await now(id)) ?? {};
    expect(state).toBe("firing");
    expect(left.filter((alert) => alert.firing).map(({ agent }) => agent)).toEqual(["archive-writer"]);
  });

  test("nothing ends while Alertmanager does not answer", async () => {
    await open("fatigue-checker", false);
    const away = openHeldAlerts("http://127.0.0.1:9");
    const incidents = createIncidents(store.pool);
    const asking = closeUntold({ incidents, held: away, pager, clock: { now: () => wall }, elapsed: () => passed });
    await expect(asking()).rejects.toMatchObject({ code: "unavailable" });
  });
});
