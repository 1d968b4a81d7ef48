import fc from "fast-check";
import { expect } from "vitest";
import { type ApprovalWorld, PEOPLE, type Rows } from "./approval-world-fixture.ts";
import type { Role } from "./domain/actor.ts";
import { NO_RULES } from "./policy-rules.ts";

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
  fc.constantFrom(1, 599, 601).map((seconds) => named(`${seconds} s pass`, (world) => world.pass(seconds))),
  fc.constant(named("the process dies", (world) => world.crash())),
);
/** Something that happens around two people; the first asks. */
export const steps = fc
  .tuple(ask, fc.array(fc.oneof(answer, answer, change, ask), { minLength: 3, maxLength: 12 }))
  .map(([first, others]) => [first, ...others]);

/** Every effect had its two people, each request became one operation at most, and nothing hangs. */
export async function expectNothingGotRound(world: ApprovalWorld, rows: Rows): Promise<void> {
  expect(world.bypasses).toEqual([]);
  expect(new Set(world.effects).size).toBe(world.effects.length);
  const approved = (await rows.requests.list({ limit: 100 })).filter(({ state }) => state === "approved");
  const became = approved.map(({ operationId }) => operationId);
  expect(new Set(became).size).toBe(became.length);
  expect(await rows.unended()).toEqual([]);
}
