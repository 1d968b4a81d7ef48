import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFailure } from "./domain/failure.ts";
import type { OfferedPlan } from "./domain/plan.ts";
import type { Acceptance } from "./ports/command-store.ts";
import { type CommandAnswer, type CommandRequest, type Engine, runCommand } from "./run-command.ts";
import { actorOf, ask, stageCommands } from "./run-command-fixture.ts";

const RUNS = 2000;
const PEOPLE = ["olga", "otto"];
const AGENTS = ["invoices", "agent-1", "agent-2"];

type Mix = <Given extends unknown[], Result>(
  act: (...given: Given) => Promise<Result>,
) => (...given: Given) => Promise<Result>;

/** Which process of each agent there is, at one moment. */
type Standing = ReadonlyMap<string, number>;

/** People who ask for plans and confirm them, while agents restart and time passes; it watches over every effect. */
class PlanWorld {
  readonly bypasses: string[] = [];
  readonly seen = { effects: 0, changed: 0, refusals: 0 };
  readonly #stage = stageCommands();
  readonly #tokens: string[] = [];
  readonly #history: Standing[] = [];
  readonly #byKey = new Map<string, CommandAnswer & { kind: "act" }>();
  readonly #used = new Set<string>();
  readonly #mix: Mix;
  #keys = 0;

  constructor(mix: Mix) {
    this.#mix = mix;
    this.#remember();
  }

  async plan(actor: string, agents: readonly string[]): Promise<void> {
    this.#keep(await this.#run({ actor: { ...actorOf("operator"), id: actor }, input: { who: [...agents] } }));
  }

  /** Confirms one of the plans that were shown to anybody; `again` is the same wish sent twice. */
  async confirm(actor: string, place: number, again: boolean): Promise<void> {
    const token = this.#tokens[place % Math.max(1, this.#tokens.length)] ?? "plan_made-up";
    const idempotencyKey = again ? `again-${token}-${actor}` : this.#nextKey();
    const wish = { actor: { ...actorOf("operator"), id: actor }, input: {}, confirm: token, idempotencyKey };
    this.#keep(await this.#run(wish));
  }

  restart(agent: string): void {
    this.#stage.fleet.agent(agent).epoch += 1;
    this.#remember();
  }

  pass(seconds: number): void {
    this.#stage.fleet.now += seconds * 1000;
  }

  #nextKey(): string {
    this.#keys += 1;
    return `key-${this.#keys}`;
  }

  #remember(): void {
    this.#history.push(new Map(AGENTS.map((id) => [id, this.#stage.fleet.agent(id).epoch])));
  }

  #keep(answer: CommandAnswer | null): void {
    if (answer?.kind !== "plan" || answer.confirm === null) return;
    if (answer.changed !== null) this.seen.changed += 1;
    this.#tokens.push(answer.confirm.token);
  }

  async #run(changes: Partial<CommandRequest>): Promise<CommandAnswer | null> {
    try {
      return await runCommand(ask({ idempotencyKey: this.#nextKey(), ...changes }), this.#engine());
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.seen.refusals += 1;
      return null;
    }
  }

  #engine(): Engine {
    const { engine } = this.#stage;
    const since = this.#history.length - 1;
    const { plans, registry } = engine.ports;
    return {
      ...engine,
      ports: {
        ...engine.ports,
        plans: { find: this.#mix(plans.find), offer: this.#mix(plans.offer) },
        registry: { ...registry, expected: this.#mix(registry.expected) },
      },
      store: {
        find: this.#mix(async (key) => this.#byKey.get(key)?.operation ?? null),
        accept: this.#mix(async (acceptance) => this.#accept(acceptance, since)),
      },
    };
  }

  /** One transaction, by the rules of PostgreSQL's: by key once, and the plan used up. */
  async #accept(acceptance: Acceptance, since: number) {
    const earlier = this.#byKey.get(acceptance.idempotencyKey);
    if (earlier !== undefined) return { operation: earlier.operation, repeated: true };
    const plan = [...this.#stage.fleet.plans.rows.values()].find(({ id }) => id === acceptance.confirms?.plan);
    const accepted = await this.#stage.engine.store.accept(acceptance);
    this.#byKey.set(acceptance.idempotencyKey, { kind: "act", ...accepted });
    this.seen.effects += 1;
    this.bypasses.push(...this.#faultsOf(acceptance, { plan, since }));
    return accepted;
  }

  #faultsOf(acceptance: Acceptance, { plan, since }: { plan: OfferedPlan | undefined; since: number }): string[] {
    if (plan === undefined) return acceptance.agents.length > 1 ? [`${acceptance.agents} without a plan`] : [];
    const wasSo = this.#history
      .slice(since)
      .some((then) => plan.plan.targets.every(({ agent, epoch }) => then.get(agent) === epoch));
    const isTwice = this.#used.has(plan.id);
    this.#used.add(plan.id);
    return [
      ...(isTwice ? [`${plan.id} was confirmed twice`] : []),
      ...(acceptance.agents.join() === plan.plan.subjects.join() ? [] : [`${plan.id} said other agents`]),
      ...(acceptance.actor.id === plan.actor.id ? [] : [`${plan.id} was somebody else's`]),
      ...(plan.expiresAt > this.#stage.fleet.now ? [] : [`the time of ${plan.id} was over`]),
      ...(wasSo ? [] : [`${plan.id} was made of other processes`]),
    ];
  }
}

type Step = (world: PlanWorld) => Promise<void> | void;
const person = fc.constantFrom(...PEOPLE);
const planned = fc.tuple(person, fc.subarray(AGENTS, { minLength: 2 })).map(
  ([who, agents]): Step =>
    (world) =>
      world.plan(who, agents),
);
const confirmed = fc.tuple(person, fc.nat(3), fc.boolean()).map(
  ([who, place, again]): Step =>
    (world) =>
      world.confirm(who, place, again),
);
const twice = fc.tuple(person, fc.nat(3)).map(
  ([who, place]): Step =>
    async (world) => {
      await Promise.all([world.confirm(who, place, false), world.confirm(who, place, false)]);
    },
);
const changed = fc.oneof(
  fc.constantFrom(...AGENTS).map(
    (agent): Step =>
      (world) =>
        world.restart(agent),
  ),
  fc.constantFrom(1, 299, 301).map(
    (seconds): Step =>
      (world) =>
        world.pass(seconds),
  ),
);
const steps = fc
  .tuple(planned, fc.array(fc.oneof(confirmed, confirmed, twice, changed, planned), { minLength: 3, maxLength: 10 }))
  .map(([first, others]) => [first, ...others]);

/** Lets one thing after another happen, in the order that fast-check makes up. */
async function untilIdle(scheduler: fc.Scheduler): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (scheduler.count() === 0) return;
    await scheduler.waitOne();
  }
}

describe("plans, in any order and at once", () => {
  test(`nothing happens that its plan did not say, in ${RUNS} interleavings`, async () => {
    const all = { effects: 0, changed: 0, refusals: 0 };
    const property = fc.asyncProperty(fc.scheduler(), steps, async (scheduler, [first, ...others]) => {
      const mix: Mix =
        (act) =>
        async (...given) => {
          await scheduler.schedule(Promise.resolve());
          const answer = await act(...given);
          await scheduler.schedule(Promise.resolve());
          return answer;
        };
      const world = new PlanWorld(mix);
      await Promise.all([first?.(world), untilIdle(scheduler)]);
      const running = others.map((step) => scheduler.schedule(Promise.resolve()).then(() => step(world)));
      await untilIdle(scheduler);
      await Promise.all([...running, untilIdle(scheduler)]);
      expect(world.bypasses).toEqual([]);
      for (const name of ["effects", "changed", "refusals"] as const) all[name] += world.seen[name];
    });
    await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    // Otherwise nothing was tried.
    expect(all.effects).toBeGreaterThan(RUNS / 4);
    expect(all.changed).toBeGreaterThan(RUNS / 20);
    expect(all.refusals).toBeGreaterThan(RUNS / 4);
  }, 240_000);
});
