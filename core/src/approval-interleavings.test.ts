import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryRows } from "./approval-rows-fixture.ts";
import { expectNothingGotRound, steps } from "./approval-steps-fixture.ts";
import { ApprovalWorld, type Mix } from "./approval-world-fixture.ts";

const RUNS = 5000;

/** Lets one thing after another happen, in the order that fast-check makes up. */
async function untilIdle(scheduler: fc.Scheduler): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (scheduler.count() === 0) return;
    await scheduler.waitOne();
  }
}

/** Others may come before it begins, and before its answer is there. */
const mixedBy =
  (scheduler: fc.Scheduler): Mix =>
  (act) =>
  async (...given) => {
    await scheduler.schedule(Promise.resolve());
    const answer = await act(...given);
    await scheduler.schedule(Promise.resolve());
    return answer;
  };

describe("two people, in any order and at once", () => {
  const seen = { effects: 0, refusals: 0 };

  test(`nothing gets round the second person, and nothing happens twice, in ${RUNS} interleavings`, async () => {
    const property = fc.asyncProperty(fc.scheduler(), steps, async (scheduler, all) => {
      const rows = memoryRows();
      const world = new ApprovalWorld(rows, mixedBy(scheduler));
      const [first, ...others] = all;
      await Promise.all([first?.step(world), untilIdle(scheduler)]);
      const running = others.map(({ name, step }) =>
        scheduler.schedule(Promise.resolve(), name).then(() => step(world)),
      );
      await untilIdle(scheduler);
      await Promise.all([...running, untilIdle(scheduler)]);
      await Promise.all([world.settle(), untilIdle(scheduler)]);
      await expectNothingGotRound(world, rows);
      seen.effects += world.effects.length;
      seen.refusals += world.refusals.length;
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: false });
    // Otherwise nothing was tried.
    expect(seen.effects).toBeGreaterThan(RUNS / 20);
    expect(seen.refusals).toBeGreaterThan(RUNS);
  }, 120_000);
});
