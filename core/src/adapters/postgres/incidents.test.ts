import { openTestStore, operator, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Incident, IncidentAlert } from "../../domain/incident.ts";
import { createIncidents } from "./incidents.ts";
import { createPublications } from "./publications.ts";

let store: TestStore;
let groupKey: string;
let counter = 0;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(() => {
  counter += 1;
  groupKey = `{}/{}:{alertname="AgentGone", group="g${counter}"}`;
});

const firing = (agent: string, startsAt: number, changes: Partial<IncidentAlert> = {}): IncidentAlert => ({
  fingerprint: `fp-${agent}`,
  alertname: "AgentGone",
  agent,
  labels: { agent, criticality: "P1" },
  annotations: { summary: `${agent} is gone` },
  startsAt,
  firing: true,
  endedAt: null,
  ...changes,
});
const resolved = (agent: string, startsAt: number, endedAt: number): IncidentAlert =>
  firing(agent, startsAt, { firing: false, endedAt });
const record = (...alerts: IncidentAlert[]) =>
  createIncidents(store.pool).record({
    groupKey,
    status: alerts.some((alert) => alert.firing) ? "firing" : "resolved",
    alerts,
  });

describe("incidents", () => {
  test("a group that fires is one open incident until it is resolved", async () => {
    const opened = await record(firing("billing", 1000));
    expect(opened).toMatchObject({
      id: expect.stringMatching(/^inc-\d+$/),
      groupKey,
      alertname: "AgentGone",
      criticality: "P1",
      state: "firing",
      openedAt: 1000,
      resolvedAt: null,
      acknowledgedBy: null,
      revision: 1,
      alerts: [firing("billing", 1000)],
    });
    const grown = await record(firing("billing", 1000), firing("invoices", 2000, { labels: { criticality: "P0" } }));
    expect(grown).toMatchObject({ id: opened.id, criticality: "P0", revision: 2 });
    const half = await record(resolved("billing", 1000, 3000), firing("invoices", 2000));
    expect(half).toMatchObject({ id: opened.id, state: "firing", revision: 3 });
    const closed = await record(resolved("billing", 1000, 3000), resolved("invoices", 2000, 4000));
    expect(closed).toMatchObject({ id: opened.id, state: "resolved", resolvedAt: 4000, revision: 4 });
    expect(await createIncidents(store.pool).find(opened.id)).toEqual(closed);
  });

  test("a delivery that comes again changes nothing", async () => {
    const first = await record(firing("billing", 1000));
    expect(await record(firing("billing", 1000))).toEqual(first);
    const closed = await record(resolved("billing", 1000, 3000));
    expect(await record(resolved("billing", 1000, 3000))).toEqual(closed);
    expect(await record(resolved("billing", 1000, 3500))).toEqual(closed);
  });

  test("a firing that arrives after its own end opens nothing", async () => {
    await record(firing("billing", 1000));
    const closed = await record(resolved("billing", 1000, 3000));
    expect(await record(firing("billing", 1000))).toEqual(closed);
    expect(await record(firing("billing", 500))).toEqual(closed);
  });

  test("what is told to fire minutes after its end fires again, though it keeps its start, and ends again", async () => {
    const first = await record(firing("billing", 1000));
    await record(resolved("billing", 1000, 3000));
    await store.pool.query("update alert_deliveries set delivered_at = delivered_at - interval '6 minutes'");
    const second = await record(firing("billing", 1000));
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ state: "firing", revision: 1, alerts: [{ startsAt: 1000, firing: true }] });
    expect(await record(firing("billing", 1000))).toEqual(second);
    const closed = await record(resolved("billing", 1000, 9000));
    expect(closed).toMatchObject({ id: second.id, state: "resolved", resolvedAt: 9000 });
    expect(await record(firing("billing", 1000))).toEqual(closed);
  });

  test("one of a group that fires again with the start it had joins the incident that is open", async () => {
    const opened = await record(firing("billing", 1000), firing("invoices", 1000));
    await record(resolved("billing", 1000, 3000), firing("invoices", 1000));
    await store.pool.query("update alert_deliveries set delivered_at = delivered_at - interval '6 minutes'");
    const again = await record(firing("billing", 1000), firing("invoices", 1000));
    expect(again.id).toBe(opened.id);
    expect(again.alerts.map(({ agent, firing: fires }) => [agent, fires])).toEqual([
      ["billing", true],
      ["invoices", true],
    ]);
  });

  test("an end that arrives before any firing is kept as ended, and the late firing opens nothing", async () => {
    const ended = await record(resolved("billing", 1000, 3000));
    expect(ended).toMatchObject({ state: "resolved", openedAt: 1000, resolvedAt: 3000 });
    expect(await record(firing("billing", 1000))).toEqual(ended);
  });

  test("an old end does not close what has begun again", async () => {
    await record(firing("billing", 1000));
    const again = await record(firing("billing", 5000));
    expect(again).toMatchObject({ state: "firing", alerts: [{ startsAt: 5000 }], revision: 2 });
    expect(await record(resolved("billing", 1000, 3000))).toEqual(again);
  });

  test("what fires again after the end is a new incident, without what had ended before", async () => {
    const first = await record(firing("billing", 1000), firing("invoices", 1000));
    await record(resolved("billing", 1000, 3000), resolved("invoices", 1000, 3000));
    const second = await record(firing("billing", 9000), firing("invoices", 1000));
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ state: "firing", revision: 1, alerts: [{ agent: "billing", startsAt: 9000 }] });
  });

  test("ten deliveries of one group at once open one incident", async () => {
    // One that waited too long for the others is refused, and Alertmanager sends it again.
    const deliver = (alert: IncidentAlert): Promise<Incident> =>
      record(alert).catch((error) => {
        if (error.code !== "unavailable") throw error;
        return deliver(alert);
      });
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, index) => deliver(firing(`agent-${index}`, 1000 + index))),
    );
    expect(new Set(all.map((incident) => incident.id)).size).toBe(1);
    const incident = await createIncidents(store.pool).find(all[0]?.id ?? "");
    expect(incident?.alerts).toHaveLength(10);
    expect(incident?.revision).toBe(10);
  });

  test("any order of the same deliveries ends the same way", async () => {
    const deliveries = [
      firing("billing", 1000),
      resolved("billing", 1000, 2000),
      firing("billing", 3000),
      resolved("billing", 3000, 4000),
    ];
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 0, 3, 2],
      [2, 0, 1, 3],
      [0, 2, 3, 1],
    ];
    for (const [index, order] of orders.entries()) {
      groupKey = `{}:{order="${counter}-${index}"}`;
      for (const which of order) await record(deliveries[which] as IncidentAlert);
      const { rows } = await store.pool.query(
        "select state, alerts from incidents where group_key = $1 order by id desc limit 1",
        [groupKey],
      );
      expect(rows[0]).toMatchObject({ state: "resolved", alerts: [{ startsAt: 3000, firing: false, endedAt: 4000 }] });
    }
  });

  test("an alert without a known criticality wakes nobody", async () => {
    expect((await record(firing("billing", 1000, { labels: { criticality: "P9" } }))).criticality).toBe("P3");
  });

  test("a delivery without alerts is refused", async () => {
    await expect(record()).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("text that PostgreSQL cannot hold is kept readable", async () => {
    groupKey += "\0\ud800";
    const incident = await record(firing("billing", 1000, { labels: { "a\0": "b\0" } }));
    expect(incident.groupKey).toContain("␀\ufffd");
    expect(incident.alerts[0]?.labels).toEqual({ "a␀": "b␀" });
    expect((await record(firing("billing", 1000))).id).toBe(incident.id);
  });

  test("open ones are found by the agent that fires in them, worst first", async () => {
    const agent = `sought-${counter}`;
    await record(firing(agent, 1000), firing("other", 1000));
    const first = await record(firing("other", 1000));
    groupKey += "P0";
    const second = await record(firing(agent, 2000, { labels: { criticality: "P0" } }));
    const incidents = createIncidents(store.pool);
    expect((await incidents.open(agent)).map(({ id }) => id)).toEqual([second.id, first.id]);
    await record(resolved(agent, 2000, 3000));
    expect((await incidents.open(agent)).map(({ id }) => id)).toEqual([first.id]);
    expect((await incidents.open()).map(({ id }) => id)).toContain(first.id);
    expect(await incidents.open("nobody")).toEqual([]);
    expect(await incidents.find("inc-0")).toBeNull();
  });

  test("ended ones are found back to a moment, the newest first", async () => {
    const since = Date.now() + counter * 60_000;
    const end = async (agent: string, endedAt: number): Promise<string> => {
      groupKey += agent;
      await record(firing(agent, endedAt - 1000));
      return (await record(resolved(agent, endedAt - 1000, endedAt))).id;
    };
    await end("before", since - 1);
    const first = await end("first", since);
    const second = await end("second", since + 1000);
    const incidents = createIncidents(store.pool);
    expect((await incidents.ended(since, 10)).map(({ id }) => id)).toEqual([second, first]);
    expect((await incidents.ended(since, 1)).map(({ id }) => id)).toEqual([second]);
  });

  test("is acknowledged by the first who does", async () => {
    const incidents = createIncidents(store.pool);
    const { id } = await record(firing("billing", 1000));
    const outcomes = await Promise.all(
      [1, 2, 3].map((who) => incidents.acknowledge(id, { ...operator, id: `p${who}` }, "by restarting")),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    const taken = await incidents.find(id);
    expect(taken).toMatchObject({
      acknowledgedBy: { id: expect.stringMatching(/^p[123]$/), name: operator.name, slackUser: operator.slackUser },
      acknowledgedAt: expect.any(Number),
      acknowledgedHow: "by restarting",
      revision: 2,
    });
    // It stays taken while the group grows and when it ends.
    expect(await record(firing("invoices", 2000))).toMatchObject({ acknowledgedHow: "by restarting", revision: 3 });
    await record(resolved("billing", 1000, 5000), resolved("invoices", 2000, 5000));
    expect(await incidents.acknowledge(id, operator, null)).toBe(false);
    expect(await incidents.acknowledge("inc-999999", operator, null)).toBe(false);
  });
});

describe("publications", () => {
  test("each change of an incident wants its message, until the newest revision is shown", async () => {
    const publications = createPublications(store.pool);
    const behind = async (key: string) => (await publications.behind(1000)).find((one) => one.key === key) ?? null;
    const { id } = await record(firing("billing", 1000));
    expect(await behind(id)).toEqual({ key: id, revision: 1, posted: null, attempted: false });
    await publications.markAttempt(id, "C1");
    expect(await behind(id)).toMatchObject({ posted: null, attempted: true });
    await publications.markShown(id, { channel: "C1", ts: "1.1", revision: 1 });
    expect(await behind(id)).toBeNull();
    expect(await publications.find(id)).toEqual({
      key: id,
      revision: 1,
      posted: { channel: "C1", ts: "1.1", revision: 1 },
      attempted: false,
    });
    await record(firing("invoices", 2000));
    expect(await behind(id)).toMatchObject({ revision: 2, posted: { ts: "1.1", revision: 1 } });
    // A post that was found again shows nobody knows what.
    await publications.markShown(id, { channel: "C1", ts: "1.1", revision: 0 });
    expect(await behind(id)).toMatchObject({ revision: 2, posted: { revision: 0 } });
    expect(await publications.find("inc-0")).toBeNull();
    expect(await publications.keyAt({ channel: "C1", ts: "1.1" })).toBe(id);
    expect(await publications.keyAt({ channel: "C2", ts: "1.1" })).toBeNull();
  });

  test("whoever has waited longest comes first", async () => {
    const publications = createPublications(store.pool);
    for (const { key, revision } of await publications.behind(1000))
      await publications.markShown(key, { channel: "C", ts: "1", revision });
    const first = await record(firing("billing", 1000));
    groupKey += "2";
    const second = await record(firing("billing", 1000));
    await createIncidents(store.pool).acknowledge(first.id, operator, null);
    expect((await publications.behind(10)).map(({ key }) => key)).toEqual([first.id, second.id]);
    expect(await publications.behind(1)).toHaveLength(1);
  });
});
