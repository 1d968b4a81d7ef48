import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import type { PeriodRecords } from "../../ports/period-records.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { createIncidents } from "./incidents.ts";
import { createPeriodRecords } from "./period-records.ts";

let store: TestStore;
let records: PeriodRecords;
beforeAll(async () => {
  store = await openTestStore();
  records = createPeriodRecords(store.pool);
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.pool.query("truncate incidents, operations, operation_outcomes, alert_deliveries, agent_locks cascade");
});

const HOUR_MS = 3_600_000;
const now = Date.now();
const lastDay = { from: now - 24 * HOUR_MS, to: now + HOUR_MS };

interface Alert {
  readonly agent: string;
  /** Hours ago. */
  readonly began: number;
  /** Hours ago; null: it fires. */
  readonly ended: number | null;
}

async function alert({ agent, began, ended }: Alert, groupKey = agent): Promise<string> {
  const told = {
    ...{ fingerprint: agent, alertname: "AgentGone", agent, labels: { agent, criticality: "P1" }, annotations: {} },
    startsAt: now - began * HOUR_MS,
  };
  const incidents = createIncidents(store.pool);
  const firing = { ...told, firing: true, endedAt: null };
  const { id } = await incidents.record({ groupKey, status: "firing", alerts: [firing] });
  if (ended === null) return id;
  const over = { ...told, firing: false, endedAt: now - ended * HOUR_MS };
  await incidents.record({ groupKey, status: "resolved", alerts: [over] });
  return id;
}

describe("alerts of a period", () => {
  test("are those that fired at any time of it: who began before, who ended in it, who goes on", async () => {
    await alert({ agent: "long-over", began: 30, ended: 25 });
    await alert({ agent: "began-before", began: 30, ended: 20 });
    await alert({ agent: "within", began: 10, ended: 9 });
    await alert({ agent: "goes-on", began: 40, ended: null });
    const { rows, total } = await records.alerts(lastDay);
    expect(rows.flatMap(({ agents }) => agents).toSorted()).toEqual(["began-before", "goes-on", "within"]);
    expect(total).toBe(3);
    const before = await records.alerts({ from: now - 48 * HOUR_MS, to: now - 24 * HOUR_MS });
    expect(before.rows.flatMap(({ agents }) => agents).toSorted()).toEqual(["began-before", "goes-on", "long-over"]);
  });

  test("say when each began and ended, who took it when, and of whom it is", async () => {
    const id = await alert({ agent: "billing", began: 2, ended: null });
    await createIncidents(store.pool).acknowledge(id, { id: "olga", name: "Olga", slackUser: null }, null);
    const [row] = (await records.alerts(lastDay)).rows;
    expect(row).toEqual({
      ...{ id, alertname: "AgentGone", criticality: "P1", agents: ["billing"], openedAt: now - 2 * HOUR_MS },
      ...{ resolvedAt: null, acknowledgedAt: expect.any(Number) },
      acknowledgedBy: expect.objectContaining({ id: "olga", name: "Olga" }),
    });
    expect(Date.now() - (row?.acknowledgedAt ?? 0)).toBeLessThan(60_000);
  });

  test("name five agents of a group at most", async () => {
    for (const agent of ["a", "b", "c", "d", "e", "f"]) await alert({ agent, began: 1, ended: null }, "one group");
    expect((await records.alerts(lastDay)).rows.map(({ agents }) => agents)).toEqual([["a", "b", "c", "d", "e"]]);
  });
});

describe("operations of a period", () => {
  const accept = async (agents: string[], hoursAgo: number): Promise<string> => {
    const { operation } = await createCommandStore(store.pool).accept(acceptanceOf({ agents }));
    await store.pool.query("update operations set created_at = $2 where 'op-' || id = $1", [
      operation.id,
      new Date(now - hoursAgo * HOUR_MS),
    ]);
    return operation.id;
  };
  /** Ends it for its agents, each after so many seconds. */
  const end = async (id: string, endings: Record<string, string>, seconds = 12): Promise<void> => {
    const targets = Object.entries(endings).map(([agent, ending]) => ({
      ...{ agent, ending, memory: {} },
      stages: [{ name: "sent", state: "done", startedAt: 1000, endedAt: 1000 + seconds * 1000 }],
    }));
    await store.pool.query(
      `update operations set state = 'ended', ending = $2, targets = $3, started_at = created_at,
         ended_at = created_at + interval '1 minute' where 'op-' || id = $1`,
      [id, Object.values(endings)[0], JSON.stringify(targets)],
    );
  };

  test("are those that were accepted in it, the newest first", async () => {
    await accept(["old"], 25);
    const first = await accept(["billing", "invoices"], 3);
    const second = await accept(["shipping"], 2);
    await end(first, { billing: "recovered", invoices: "recovered" });
    const { rows, total } = await records.operations(lastDay);
    expect(rows.map(({ id }) => id)).toEqual([second, first]);
    expect(total).toBe(2);
    expect(rows[1]).toMatchObject({
      ...{ command: "restart", ending: "recovered", agents: ["billing", "invoices"], agentCount: 2 },
      actor: { id: "operator", name: "Operator on call" },
    });
    expect(rows[0]).toMatchObject({ ending: null, endedAt: null });
  });

  test("show of each agent whether its restart helped, and how long that took", async () => {
    await end(await accept(["billing", "invoices"], 3), { billing: "recovered", invoices: "did-not-help" }, 7);
    await end(await accept(["shipping"], 30), { shipping: "recovered" });
    const restarts = await records.restarts(lastDay);
    expect(restarts.toSorted((a, b) => a.agent.localeCompare(b.agent))).toEqual([
      { agent: "billing", helped: true, seconds: 7 },
      { agent: "invoices", helped: false, seconds: 7 },
    ]);
  });
});

describe("refusals of a period", () => {
  test("are counted by the rule that refused, the most first", async () => {
    const audit = createAuditLog(store.pool);
    const row = { event: "decision", actor: "anna", door: "slack", command: "restart" } as const;
    for (const rule of ["scope", "role-operator", "role-operator"])
      await audit.append(auditEntry({ ...row, decision: "refused", rule }));
    await audit.append(auditEntry({ ...row, decision: "allowed", rule: "role-operator" }));
    expect(await records.refusals(lastDay)).toEqual([
      { rule: "role-operator", count: 2 },
      { rule: "scope", count: 1 },
    ]);
    expect(await records.refusals({ from: now - 48 * HOUR_MS, to: now - 24 * HOUR_MS })).toEqual([]);
  });
});
