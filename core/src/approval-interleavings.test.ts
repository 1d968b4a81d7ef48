import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryRows } from "./approval-rows-fixture.ts";
import { ApprovalWorld, type Mix, PEOPLE } from "./approval-world-fixture.ts";
import type { Role } from "./domain/actor.ts";
import { NO_RULES } from "./policy-rules.ts";

const RUNS = 5000;

type Step = (world: ApprovalWorld) => Promise<void> | void;
interface Named {
  readonly name: string;
  readonly step: Step;
}
const person = fc.constantFrom(...PEOPLE);
const request = fc.constantFrom(1, 1, 1, 2);
const role = fc.constantFrom<(Role | null)[]>("admin", "operator", "viewer", null);
const named = (name: string, step: Step): Named => ({ name, step });

const ask = fc.constantFrom("olga", "adam").map((id) => named(`${id} asks`, (world) => world.act(id, "touch", {})));
const answer = fc
  .tuple(person, fc.constantFrom("approve", "approve", "approve", "deny", "withdraw"), request, fc.nat(2))
  .map(([id, command, asked, door]) =>
    named(`${id} ${command}s req-${asked} at door ${door}`, (world) =>
      world.act(id, command, { request: asked, door }),
    ),
  );
const change = fc.oneof(
  fc.tuple(person, role).map(([id, to]) => named(`${id} is ${to}`, (world) => world.setRole(id, to))),
  fc.tuple(person, fc.boolean()).map(([id, on]) => named(`${id} block ${on}`, (world) => world.setBlocked(id, on))),
  fc
    .constantFrom(["a", "b", "c", "d"], ["a", "b", "c", "d", "e"], ["a", "b", "c"])
    .map((fleet) => named(`fleet ${fleet}`, (world) => world.setFleet(fleet))),
  fc.constantFrom(NO_RULES.version, "other").map((to) => named(`rules ${to}`, (world) => world.setRules(to))),
  fc.constantFrom(1, 599, 601).map((seconds) =>
    named(`${seconds} s pass`, async (world) => {
      world.now += seconds * 1000;
      await world.expire();
    }),
  ),
  fc.constant(named("the process dies", (world) => world.crash())),
);
const steps = fc
  .tuple(ask, fc.array(fc.oneof(answer, answer, change, ask), { minLength: 3, maxLength: 12 }))
  .map(([first, others]) => [first, ...others]);

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
      const clock = { now: (): number => world.now };
      const rows = memoryRows(clock);
      const mix = mixedBy(scheduler);
      const world: ApprovalWorld = new ApprovalWorld(rows, mix);
      const [first, ...others] = all;
      await Promise.all([first?.step(world), untilIdle(scheduler)]);
      const running = others.map(({ name, step }) =>
        scheduler.schedule(Promise.resolve(), name).then(() => step(world)),
      );
      await untilIdle(scheduler);
      await Promise.all([...running, untilIdle(scheduler)]);
      await Promise.all([world.settle(), untilIdle(scheduler)]);
      expect(world.bypasses).toEqual([]);
      expect(new Set(world.effects).size).toBe(world.effects.length);
      const approved = (await rows.requests.list({ limit: 100 })).filter(({ state }) => state === "approved");
      const became = approved.map(({ operationId }) => operationId);
      expect(new Set(became).size).toBe(became.length);
      expect(await rows.unended()).toEqual([]);
      seen.effects += world.effects.length;
      seen.refusals += world.refusals.length;
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: false });
    // Otherwise nothing was tried.
    expect(seen.effects).toBeGreaterThan(RUNS / 20);
    expect(seen.refusals).toBeGreaterThan(RUNS);
  }, 120_000);
});
