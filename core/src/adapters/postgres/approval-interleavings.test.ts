import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectNothingGotRound, steps } from "../../approval-steps-fixture.ts";
import { ApprovalWorld, type Rows } from "../../approval-world-fixture.ts";
import { systemClock } from "../../ports/clock.ts";
import { createApprovalRequests } from "./approval-requests.ts";
import { createCommandStore } from "./command-store.ts";
import { type ControlLease, createLease } from "./lease.ts";
import { claimOperation } from "./operation-progress.ts";
import { createOperations } from "./operations.ts";
import { createPlans } from "./plans.ts";

const RUNS = 80;

let store: TestStore;
let lease: ControlLease;
beforeAll(async () => {
  store = await openTestStore();
  lease = createLease({ pool: store.pool, instance: "a", seconds: 6 });
  await lease.start();
});
afterAll(async () => {
  await lease.close();
  await store.close();
});

const rowsIn = ({ pool }: TestStore): Rows => ({
  clock: systemClock,
  requests: createApprovalRequests(pool),
  plans: createPlans(pool),
  store: createCommandStore(pool),
  operations: createOperations(pool),
  claim: async (id) => (await claimOperation(pool, { id, epoch: lease.epoch() ?? 0 }))?.save ?? null,
  unended: async () => (await createOperations(pool).list({ running: true, limit: 100 })).map(({ id }) => id),
  async pass(seconds) {
    await pool.query(
      "update approval_requests set expires_at = expires_at - make_interval(secs => $1) where state = 'waiting'",
      [seconds],
    );
  },
});

describe("two people at once, on PostgreSQL", () => {
  test(`nothing gets round the second person, and nothing happens twice, in ${RUNS} races`, async () => {
    const seen = { effects: 0, refusals: 0 };
    const property = fc.asyncProperty(steps, async ([first, ...others]) => {
      await store.pool.query(
        "truncate approval_requests, operations, agent_locks, chat_messages restart identity cascade",
      );
      const rows = rowsIn(store);
      const world = new ApprovalWorld(rows, (act) => act);
      await first?.step(world);
      await Promise.all(others.map(async ({ step }) => step(world)));
      await world.settle();
      await expectNothingGotRound(world, rows);
      seen.effects += world.effects.length;
      seen.refusals += world.refusals.length;
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    // Otherwise nothing was tried.
    expect(seen.effects).toBeGreaterThan(RUNS / 20);
    expect(seen.refusals).toBeGreaterThan(RUNS);
  }, 120_000);
});
