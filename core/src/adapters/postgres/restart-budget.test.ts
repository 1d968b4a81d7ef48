import { acceptanceOf, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BRAKE_LIMITS } from "../../brakes/brake-limits.ts";
import type { BudgetQuestion } from "../../brakes/restart-budget.ts";
import { isFailure } from "../../domain/failure.ts";
import type { Ending } from "../../domain/operation.ts";
import type { Acceptance, CommandStore } from "../../ports/command-store.ts";
import { createBrakes } from "./brakes.ts";
import { createCommandStore } from "./command-store.ts";
import { createIncidentRecords } from "./incident-records.ts";
import { createIncidents } from "./incidents.ts";
import { createPool, type Pool } from "./pool.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
beforeEach(async () => {
  await store.pool.query("delete from agent_locks");
  // What an earlier test accepted lies an hour back.
  await store.pool.query("update operations set created_at = created_at - interval '1 hour'");
});
afterAll(() => store.close());

const budgetOf = (agents: readonly string[], changes: Partial<BudgetQuestion> = {}): BudgetQuestion => ({
  ...{ command: "restart", agents, isPerson: true, isAlone: true, fleetSize: 50, limits: BRAKE_LIMITS },
  ...changes,
});
const restart = (agent: string, changes: Partial<BudgetQuestion> = {}, pool = store.pool) =>
  untilAnswered(pool, acceptanceOf({ agents: [agent], budget: budgetOf([agent], changes) }));

/** As a person repeats what was not accepted: so many at once wait for each other longer than one statement may. */
async function untilAnswered(pool: Pool, acceptance: Acceptance): ReturnType<CommandStore["accept"]> {
  for (;;) {
    try {
      return await createCommandStore(pool).accept(acceptance);
    } catch (error) {
      if (!isFailure(error) || error.code !== "unavailable") throw error;
    }
  }
}

/** Restarts the agent and ends that so. */
async function restarted(agent: string, ending: Ending, firstStage = "done"): Promise<void> {
  const { operation } = await restart(agent);
  await store.pool.query(
    `update operations set state = 'ended', ending = $2, ended_at = clock_timestamp(),
       targets = jsonb_set(jsonb_set(targets, '{0,ending}', to_jsonb($2::text)), '{0,stages,0,state}', to_jsonb($3::text))
     where id = $1`,
    [operation.id.slice(3), ending, firstStage],
  );
  await store.pool.query("delete from agent_locks");
}

const ruleOf = (outcome: PromiseSettledResult<unknown>): string =>
  outcome.status === "fulfilled" ? "accepted" : isFailure(outcome.reason) ? String(outcome.reason.detail.rule) : "bug";

describe("the budget of restarts", () => {
  test("of fifty single restarts at once, asked of two control services, a fifth of the fleet is accepted", async () => {
    const peer = createPool({ url: store.url, name: "rollcall-peer" });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_, place) => restart(`agent-${place}`, {}, place % 2 === 0 ? store.pool : peer)),
    );
    await peer.end();
    const rules = outcomes.map(ruleOf);
    expect(rules.filter((rule) => rule === "accepted")).toHaveLength(10);
    expect(new Set(rules)).toEqual(new Set(["accepted", "fleet-budget"]));
    const { rows } = await store.pool.query("select 1 from agent_locks");
    expect(rows).toHaveLength(10);
  });

  test("a fourth restart after three in vain is refused where it is accepted, and nothing of it is left", async () => {
    for (const ending of ["did-not-help", "did-not-come-back", "failed"] as const) await restarted("billing", ending);
    await expect(restart("billing")).rejects.toMatchObject({
      code: "too_many_requests",
      message: expect.stringMatching(/^restart is locked, 3 in 15 min, none helped \(\{\{time:\d+\}\}, /),
      detail: {
        rule: "restart-budget",
        next: expect.stringContaining(
          'or when the alert clears; a second person can lift it: `restart billing --force --reason "…"`',
        ),
      },
    });
    expect((await store.pool.query("select 1 from agent_locks")).rows).toEqual([]);
  });

  test("is known before anything is written, by any control service", async () => {
    for (const ending of ["did-not-help", "did-not-help", "did-not-help"] as const) await restarted("invoices", ending);
    const brakes = createBrakes(store.pool);
    expect(await brakes.standing(budgetOf(["invoices"]))).toMatchObject({ rule: "restart-budget" });
    expect(await brakes.standing(budgetOf(["shipping"]))).toBeNull();
  });

  test("does not count what was refused, or what never got as far as an order", async () => {
    await restarted("crm-chat", "did-not-help");
    await restarted("crm-chat", "did-not-help");
    await restarted("crm-chat", "refused", "skipped");
    await restarted("crm-chat", "failed", "failed");
    await expect(restart("crm-chat")).resolves.toMatchObject({ repeated: false });
  });

  test("opens when the alert has cleared since", async () => {
    for (const ending of ["did-not-help", "did-not-help", "did-not-help"] as const)
      await restarted("stock-keeper", ending);
    const alert = {
      ...{ fingerprint: "f1", alertname: "AgentGone", agent: "stock-keeper", labels: {}, annotations: {} },
      ...{ startsAt: Date.now() - 600_000, firing: true, endedAt: null },
    };
    const incidents = createIncidents(store.pool);
    await incidents.record({ groupKey: "g1", status: "firing", alerts: [alert] });
    const brakes = createBrakes(store.pool);
    expect(await brakes.standing(budgetOf(["stock-keeper"]))).toMatchObject({ rule: "restart-budget" });
    const ended = { ...alert, firing: false, endedAt: Date.now() + 1000 };
    await incidents.record({ groupKey: "g1", status: "resolved", alerts: [ended] });
    expect(await brakes.standing(budgetOf(["stock-keeper"]))).toBeNull();
  });

  test("stays shut when somebody opens an incident by hand and closes it: that proves nothing", async () => {
    for (const ending of ["did-not-help", "did-not-help", "did-not-help"] as const)
      await restarted("crm-store", ending);
    const by = { id: "operator", name: "Olga", slackUser: null };
    const { operation } = await restart("invoices");
    const records = createIncidentRecords(store.pool);
    const opening = { what: "stale", agents: ["crm-store"], criticality: "P2" as const, by, openedAt: Date.now() };
    const { id } = await records.open({ ...opening, operation: operation.id });
    expect(await records.close(id, { by, cause: "nothing", helped: null })).toBe(true);
    // Of the same moment, not of before the restarts.
    await store.pool.query(
      `update incidents set alerts = jsonb_set(alerts, '{0,endedAt}', to_jsonb($1::bigint)) where id = $2`,
      [Date.now() + 1000, id.slice(4)],
    );
    expect(await createBrakes(store.pool).standing(budgetOf(["crm-store"]))).toMatchObject({
      rule: "restart-budget",
    });
  });

  test("a repeat of an accepted restart is answered with it, whatever has been counted since", async () => {
    const acceptance = acceptanceOf({
      agents: ["archive-writer"],
      budget: budgetOf(["archive-writer"], { fleetSize: 5 }),
    });
    const accept = () => createCommandStore(store.pool).accept(acceptance);
    const { operation } = await accept();
    for (const agent of ["a", "b"]) await restart(agent, { fleetSize: 5 });
    await expect(restart("c", { fleetSize: 5 })).rejects.toMatchObject({ detail: { rule: "fleet-budget" } });
    expect(await accept()).toMatchObject({ repeated: true, operation: { id: operation.id } });
  });

  test("what a second person agreed to is not held, and not counted for single restarts", async () => {
    const approval = { requestId: "req-1", by: "second", name: "Second admin" };
    const agents = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    await createCommandStore(store.pool).accept(acceptanceOf({ agents, approval }));
    await expect(restart("z")).resolves.toMatchObject({ repeated: false });
  });
});
