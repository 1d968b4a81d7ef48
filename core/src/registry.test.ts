import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Failure } from "./domain/failure.ts";
import type { CompiledFleet, DesiredState } from "./protocol.ts";
import { openFleetRegistry } from "./registry.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "registry-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const STOPPED: DesiredState = { state: "stopped", by: "operator", since: 1, reason: null };
const listOf = (...ids: string[]): string =>
  `fleet: demo\nagents:\n${ids
    .map((id) => `  - { id: ${id}, group: orders, does: w, criticality: P1, consequence: c, normalSeconds: 2 }\n`)
    .join("")}`;

/** A world of one PostgreSQL and one Redis, both of which can be away or emptied. */
function makeWorld() {
  const desired = new Map<string, DesiredState>();
  const world = { postgresAway: false, redisAway: false, published: null as CompiledFleet | null, time: 1000 };
  const unless = (away: boolean): void => {
    if (away) throw new Failure("unavailable", "no answer");
  };
  return {
    world,
    desired: {
      readAll: async () => {
        unless(world.postgresAway);
        return new Map(desired);
      },
      set: async (agents: readonly string[], state: DesiredState) => {
        unless(world.postgresAway);
        for (const agent of agents) desired.set(agent, state);
        return 1;
      },
      endPauses: async (now: number) => {
        unless(world.postgresAway);
        const due = [...desired]
          .filter(([, { until = null }]) => until !== null && until <= now)
          .map(([agent]) => agent);
        for (const agent of due) desired.set(agent, { ...STOPPED, state: "running", by: "schedule" });
        return due;
      },
    },
    bus: {
      now: async () => {
        unless(world.redisAway);
        return world.time;
      },
      readFleet: async () => {
        unless(world.redisAway);
        return world.published;
      },
      publishFleet: async (fleet: CompiledFleet) => {
        unless(world.redisAway);
        world.published = fleet;
      },
    },
    clock: { now: () => 500 },
  };
}

async function open(world: ReturnType<typeof makeWorld>, ...ids: string[]) {
  const file = join(folder, `${Math.random()}.yaml`);
  await writeFile(file, listOf(...ids));
  const problems: string[] = [];
  const { desired, bus, clock } = world;
  const registry = await openFleetRegistry({
    ...{ file, desired, bus, clock },
    onProblem: (problem) => problems.push(problem),
    refreshMs: 5,
  });
  return { registry, file, problems };
}

const idsOf = (fleet: CompiledFleet | null): string[] => fleet?.agents.map(({ id }) => id) ?? [];

describe("openFleetRegistry", () => {
  test("publishes the file merged with the desired states", async () => {
    const made = makeWorld();
    await made.desired.set(["b"], STOPPED);
    const { registry } = await open(made, "a", "b");
    const fleet = await registry.expected();
    expect(fleet.agents.map(({ id, desired }) => [id, desired.state])).toEqual([
      ["a", "running"],
      ["b", "stopped"],
    ]);
    expect(made.world.published).toEqual(fleet);
  });

  test("publishes nothing new while nothing changes", async () => {
    const made = makeWorld();
    const { registry } = await open(made, "a");
    const first = await registry.expected();
    made.world.time = 9000;
    await registry.refresh();
    expect(made.world.published).toBe(first);
  });

  test("looks at nothing but what may have changed while nothing changes", async () => {
    const made = makeWorld();
    const { registry } = await open(made, "a");
    await registry.refresh();
    const now = vi.spyOn(made.bus, "now");
    await registry.refresh();
    expect(now).not.toHaveBeenCalled();
    await made.desired.set(["a"], STOPPED);
    await registry.refresh();
    expect((await registry.expected()).agents[0]?.desired).toEqual(STOPPED);
  });

  test("the version grows with a desired state, and a restarted service agrees", async () => {
    const made = makeWorld();
    const { registry } = await open(made, "a");
    const first = await registry.expected();
    await registry.setDesired(["a"], STOPPED);
    const second = await registry.expected();
    expect(second.version).toBeGreaterThan(first.version);
    expect(second.agents[0]?.desired).toEqual(STOPPED);
    const again = await open(made, "a");
    expect((await again.registry.expected()).version).toBe(second.version);
  });

  test("a Redis that was emptied gets the list again, and its version does not go back", async () => {
    const made = makeWorld();
    const { registry } = await open(made, "a");
    const first = await registry.expected();
    made.world.published = null;
    await registry.refresh();
    expect(made.world.published).toEqual(first);
    made.world.published = null;
    made.world.time = 2000;
    const restarted = await open(made, "a");
    expect((await restarted.registry.expected()).version).toBeGreaterThan(first.version);
  });

  test("a changed file is taken over, and a bad one leaves the list as it is and is told", async () => {
    const made = makeWorld();
    const { registry, file, problems } = await open(made, "a");
    await writeFile(file, listOf("a", "b"));
    await registry.refresh();
    await registry.refresh();
    expect(idsOf(made.world.published)).toEqual(["a", "b"]);
    await writeFile(file, "fleet: demo\nagents: []\n");
    await registry.refresh();
    await registry.refresh();
    expect(idsOf(await registry.expected())).toEqual(["a", "b"]);
    expect(problems.join()).toContain(":2: agents: found [], allowed: at least 1");
    expect(registry.fileProblem()).toBe(problems[0]);
  });

  test("the fleet's name may not change while the service runs", async () => {
    const made = makeWorld();
    const { registry, file, problems } = await open(made, "a");
    await writeFile(file, listOf("a").replace("demo", "other"));
    await registry.refresh();
    await registry.refresh();
    expect((await registry.expected()).fleet).toBe("demo");
    expect(problems[0]).toContain('found "other", allowed: "demo"');
  });

  test("without PostgreSQL the last list stays, and the way back is found", async () => {
    const made = makeWorld();
    const { registry, problems } = await open(made, "a");
    await registry.setDesired(["a"], STOPPED);
    made.world.postgresAway = true;
    await registry.refresh();
    await registry.refresh();
    expect((await registry.expected()).agents[0]?.desired).toEqual(STOPPED);
    expect(problems).toEqual(["PostgreSQL is away: no answer"]);
    await expect(registry.setDesired(["a"], STOPPED)).rejects.toThrow("no answer");
  });

  test("a service that starts without PostgreSQL serves what was published", async () => {
    const made = makeWorld();
    await (await open(made, "a")).registry.setDesired(["a"], STOPPED);
    made.world.postgresAway = true;
    const { registry } = await open(made, "a", "b");
    const fleet = await registry.expected();
    expect(idsOf(fleet)).toEqual(["a"]);
    expect(fleet.agents[0]?.desired).toEqual(STOPPED);
    made.world.postgresAway = false;
    await registry.refresh();
    expect(idsOf(await registry.expected())).toEqual(["a", "b"]);
  });

  test("without Redis it compiles for itself and publishes when Redis is back", async () => {
    const made = makeWorld();
    made.world.redisAway = true;
    const { registry } = await open(made, "a");
    expect(idsOf(await registry.expected())).toEqual(["a"]);
    made.world.redisAway = false;
    await registry.refresh();
    expect(idsOf(made.world.published)).toEqual(["a"]);
  });

  test("with neither it says that it does not know", async () => {
    const made = makeWorld();
    Object.assign(made.world, { postgresAway: true, redisAway: true });
    const { registry } = await open(made, "a");
    await expect(registry.expected()).rejects.toMatchObject({ code: "unavailable" });
  });

  test("watches by itself until it is closed", async () => {
    const made = makeWorld();
    const { registry, file } = await open(made, "a");
    registry.watch();
    await writeFile(file, listOf("a", "b"));
    await vi.waitFor(() => expect(idsOf(made.world.published)).toEqual(["a", "b"]), { timeout: 10_000 });
    await registry.close();
    registry.watch();
  });
});
