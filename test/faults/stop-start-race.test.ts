import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorld, type World } from "../drills/brakes/world.ts";
import { seeded } from "../drills/crash-points/points.ts";
import { openTestStore, type TestStore } from "../store-fixture.ts";

const AGENTS = Array.from({ length: 10 }, (_, index) => `agent-${index}`);
const ROUNDS = 10;
/** The second of a pair is asked for so much later at most: before, while or after the first is carried out. */
const LATEST_MS = 400;

let store: TestStore;
let world: World;
beforeAll(async () => {
  store = await openTestStore();
  world = await openWorld(store.pool, AGENTS, { agent: null, automation: null, fleet: null });
});
afterAll(() => store.close());

interface Asked {
  readonly command: string;
  readonly answer: Operation | string;
}

async function ask(command: string, agent: string, afterMs: number): Promise<Asked> {
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  for (;;) {
    const answer = await world.run(command, { who: [agent] });
    // As a person repeats what was not accepted: so many at once may wait longer than one statement may.
    if (answer !== "unavailable") return { command, answer };
  }
}

interface Raced {
  readonly agent: string;
  readonly done: readonly Operation[];
  /** Refused because the other one had the agent. */
  readonly taken: number;
}

/** Stop and start of one agent, in either order. */
async function race(agent: string, random: () => number): Promise<Raced> {
  const [first, second] = random() < 0.5 ? (["stop", "start"] as const) : (["start", "stop"] as const);
  const asked = await Promise.all([ask(first, agent, 0), ask(second, agent, random() * LATEST_MS)]);
  const done = asked.flatMap(({ answer }) => (typeof answer === "string" ? [] : [answer]));
  // What was not done was refused because the other one had the agent, or had changed what a plan was made of.
  for (const { answer } of asked) if (typeof answer === "string") expect(["conflict", "plan"]).toContain(answer);
  for (const operation of done) expect(operation).toMatchObject({ state: "ended", ending: "done" });
  const taken = asked.filter(({ answer }) => answer === "conflict").length;
  return { agent, done, taken };
}

/** In the order in which they were accepted: a number is taken before, so that of two at once the higher one may be first. */
async function inOrder(operations: readonly Operation[]): Promise<Operation[]> {
  const rows = await createAuditLog(store.pool).search({ event: "intent", limit: 1000 });
  const seqOf = new Map(rows.map(({ operationId, seq }) => [operationId, seq]));
  return operations.toSorted((a, b) => (seqOf.get(a.id) ?? 0) - (seqOf.get(b.id) ?? 0));
}

test("A9: of 100 pairs of stop and start at once each agent has one at a time, is as the last that was accepted wants it, and all are audited", async () => {
  const random = seeded(9);
  const tally = { done: 0, taken: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const raced = await Promise.all(AGENTS.map((agent) => race(agent, random)));
    const stateOf = await world.wanted();
    for (const { agent, done, taken } of raced) {
      const ordered = await inOrder(done);
      const last = ordered.at(-1)?.command;
      expect(last, agent).toBeDefined();
      expect([agent, stateOf(agent)]).toEqual([agent, last === "stop" ? "stopped" : "running"]);
      expect([agent, world.fleet.agent(agent).state]).toEqual([agent, last === "stop" ? "exited" : "running"]);
      const [earlier, later] = ordered;
      if (later !== undefined) expect(later.startedAt).toBeGreaterThanOrEqual(earlier?.endedAt as number);
      tally.done += done.length;
      tally.taken += taken;
    }
  }
  const rows = await createAuditLog(store.pool).search({ limit: 1000 });
  expect(rows.filter(({ event }) => event === "intent")).toHaveLength(tally.done);
  expect(rows.filter(({ rule }) => rule === "one-per-agent")).toHaveLength(tally.taken);
  expect(tally.taken).toBeGreaterThan(0);
}, 240_000);
