import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createCommandStore } from "@rollcall/core/adapters/postgres/command-store.ts";
import { createDesiredStates } from "@rollcall/core/adapters/postgres/desired-states.ts";
import { createIncidents } from "@rollcall/core/adapters/postgres/incidents.ts";
import { createLease } from "@rollcall/core/adapters/postgres/lease.ts";
import { createOperations } from "@rollcall/core/adapters/postgres/operations.ts";
import { startWorker } from "@rollcall/core/adapters/postgres/worker.ts";
import { redisAclLines, redisUserOf } from "@rollcall/core/adapters/redis/agent-access.ts";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import type { Ports } from "@rollcall/core/command.ts";
import restart from "@rollcall/core/commands/restart.ts";
import type { Operation } from "@rollcall/core/domain/operation.ts";
import { executeOperation } from "@rollcall/core/execute-operation.ts";
import { systemClock } from "@rollcall/core/ports/clock.ts";
import { deriveAgentKey, deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { openFleetRegistry } from "@rollcall/core/registry.ts";
import { type BuiltInSupervisor, openSupervisor } from "@rollcall/local/supervisor/supervisor.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { acceptanceOf, eventually, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { rightsOfEverybody } from "../rights-fixture.ts";

const root = join(import.meta.dirname, "../..");
const FLEET_KEY = "a fleet key of at least 32 characters";
const AGENTS = ["order-intake", "shipping", "image-creator", "crm-chat"];
const closers: (() => unknown)[] = [];
let scratch: string;
let port: number;
let redis: RunningRedis;
let store: TestStore;
let supervisor: BuiltInSupervisor;
let startServer: () => Promise<RunningRedis>;
const bugs: unknown[] = [];

/** PostgreSQL, Redis, a supervisor with agents that are processes, and the engine that carries out what was accepted. */
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "rollcall-flight-"));
  port = await findFreePort();
  store = await openTestStore();
  const url = `redis://default:test@127.0.0.1:${port}`;
  const bus = openFleetBus({ url, fleet: "demo", fleetKey: FLEET_KEY });
  closers.push(() => bus.close());
  const desired = createDesiredStates(store.pool);
  const file = join(root, "fleet.yaml");
  const registry = await openFleetRegistry({ file, desired, bus, clock: systemClock, onProblem: () => undefined });
  const { fleet, agents } = await registry.expected();
  expect(fleet).toBe("demo");
  const dataDir = join(scratch, "redis");
  const aclLines = redisAclLines({ fleet, agents }, FLEET_KEY);
  startServer = () =>
    startRedis({ toolsDir: inject("toolsDir"), dataDir, logFile: `${dataDir}.log`, port, password: "test", aclLines });
  redis = await startServer();
  registry.watch();
  closers.push(() => registry.close());
  supervisor = await openSupervisor({
    dir: join(scratch, "supervisor"),
    agentsDir: join(scratch, "agents"),
    logsDir: join(scratch, "logs"),
    knownAgents: async () => AGENTS.map((id) => ({ id })),
    program: { path: process.execPath, args: [join(root, "agent/src/sample/main.ts")], cwd: root },
    environmentOf: (agent) => ({
      PATH: process.env.PATH ?? "",
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? "",
      ROLLCALL_FLEET: fleet,
      ROLLCALL_AGENT_KEY: deriveAgentKey(FLEET_KEY, agent),
      REDIS_URL: `redis://${redisUserOf(agent)}:${deriveRedisPassword(FLEET_KEY, agent)}@127.0.0.1:${port}`,
    }),
  });
  for (const agent of AGENTS) await supervisor.start(agent, `first:${agent}`);
  const lease = createLease({ pool: store.pool, instance: "flight", seconds: 6 });
  await lease.start();
  const ports = {
    audit: createAuditLog(store.pool),
    operations: createOperations(store.pool),
    incidents: createIncidents(store.pool),
    ...rightsOfEverybody(() => "operator"),
    clock: systemClock,
    bus,
    registry,
    supervisor,
  } as unknown as Ports;
  const worker = startWorker({
    pool: store.pool,
    lease,
    execute: (id, { progress, signal }) =>
      executeOperation(id, { ports, commands: [restart], progress, signal, onBug: (bug) => bugs.push(bug) }),
  });
  closers.push(async () => {
    await worker.stop();
    await lease.close();
  });
  await eventually(
    async () => [...(await bus.readPresence(AGENTS)).values()].every(({ beat }) => beat !== null),
    30_000,
  );
}, 60_000);
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  await supervisor.stopAll(2000);
  await redis.child.stop();
  await store.close();
  await rm(scratch, { recursive: true, force: true });
});

const order = async (agent: string): Promise<Operation> => {
  const stages = restart.stages.map(({ name }) => name);
  const acceptance = acceptanceOf({ agents: [agent], stages, idempotencyKey: randomUUID() });
  return (await createCommandStore(store.pool).accept(acceptance)).operation;
};
const find = (id: string) => createOperations(store.pool).find(id);
async function ended({ id }: Operation): Promise<Operation> {
  await eventually(async () => (await find(id))?.state === "ended", 60_000);
  return (await find(id)) as Operation;
}

/** What the agent's own fsynced ledger says of an effect of the operation. */
function effects(agent: string, id: string): number {
  const lines = readFileSync(join(scratch, "agents", agent, "applied.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean);
  return lines
    .map((line) => JSON.parse(line) as { kind: string; id: string })
    .filter((line) => line.id === id && line.kind !== "outcome").length;
}

// A process that could not come up is started once more, under an id of its own.
const starts = ({ id }: Operation, agent: string): number =>
  effects(agent, `${id}:${agent}:start`) + effects(agent, `${id}:${agent}:start-again`);

function expectOneEffect(operation: Operation, agent: string): void {
  expect(effects(agent, `${operation.id}:${agent}:stop`)).toBeLessThanOrEqual(1);
  expect(starts(operation, agent), `${operation.id} started ${agent}`).toBe(1);
}

describe("restarts are under way", () => {
  test("R2: Redis is killed and started again and again: each order that began ends well with one effect, the others say that nothing was done", async () => {
    let isOver = false;
    let kills = 0;
    const work = AGENTS.map(async (agent) => {
      const done: { agent: string; operation: Operation }[] = [];
      do done.push({ agent, operation: await ended(await order(agent)) });
      while (!isOver);
      return done;
    });
    for (; kills < 4; kills += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      redis.child.signal("SIGKILL");
      await redis.child.exited;
      await new Promise((resolve) => setTimeout(resolve, 500));
      redis = await startServer();
    }
    isOver = true;
    const done = (await Promise.all(work)).flat();
    const refused = done.filter(({ operation }) => operation.ending === "failed");
    for (const { agent, operation } of refused) {
      // Whoever cannot even look does not begin, and says so.
      expect(operation.error).toBe("Redis does not answer. Nothing was done.");
      expect(effects(agent, `${operation.id}:${agent}:stop`) + starts(operation, agent)).toBe(0);
    }
    const worked = done.filter(({ operation }) => operation.ending !== "failed");
    for (const { agent, operation } of worked) {
      expect(operation, `${operation.id} of ${agent}`).toMatchObject({ ending: "recovered", error: null });
      expectOneEffect(operation, agent);
    }
    expect(worked.length).toBeGreaterThanOrEqual(AGENTS.length);
    expect(bugs).toEqual([]);
    expect((await createAuditLog(store.pool).verify()).unbroken).toBe(true);
  }, 120_000);

  test("R3: Redis is emptied in the middle: groups are made anew, and every order ends well with one effect", async () => {
    const operations = await Promise.all(AGENTS.map(order));
    await eventually(async () =>
      (await Promise.all(operations.map(({ id }) => find(id)))).some((one) => one?.state !== "queued"),
    );
    const admin = new Redis(redis.url);
    await admin.flushall();
    await eventually(
      async () =>
        (await Promise.all(operations.map(({ id }) => find(id)))).some(
          (one) => one?.state === "verifying" || one?.state === "ended",
        ),
      60_000,
    );
    await admin.flushall();
    admin.disconnect();
    for (const [index, operation] of operations.entries()) {
      const agent = AGENTS[index] as string;
      expect(await ended(operation), `${operation.id} of ${agent}`).toMatchObject({ ending: "recovered", error: null });
      expectOneEffect(operation, agent);
    }
    expect(bugs).toEqual([]);
  }, 90_000);
});
