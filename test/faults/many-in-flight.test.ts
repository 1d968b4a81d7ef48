import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuditLog } from "@rollcall/core/adapters/postgres/audit-log.ts";
import { createCommandStore } from "@rollcall/core/adapters/postgres/command-store.ts";
import { createLease } from "@rollcall/core/adapters/postgres/lease.ts";
import { createOperations } from "@rollcall/core/adapters/postgres/operations.ts";
import { startWorker } from "@rollcall/core/adapters/postgres/worker.ts";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { type ActCommand, defineCommand, type Ports } from "@rollcall/core/command.ts";
import restart from "@rollcall/core/commands/restart.ts";
import { Failure, isFailure } from "@rollcall/core/domain/failure.ts";
import { executeOperation } from "@rollcall/core/execute-operation.ts";
import { systemClock } from "@rollcall/core/ports/clock.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { PROTOCOL_VERSION } from "@rollcall/core/protocol.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { acceptanceOf, eventually, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type SimulatedFleet, simulatedId, startSimulatedFleet } from "../bench/simulated-fleet.ts";
import { rightsOfEverybody } from "../rights-fixture.ts";

const COMMANDS = 500;
const FLEET = "in-flight";
const FLEET_KEY = "a fleet key of at least 32 characters";
const AT_ONCE = 40;
const ANSWER_MS = 1500;

const closers: (() => unknown)[] = [];
const bugs: unknown[] = [];
let scratch: string;
let redis: RunningRedis;
let startServer: () => Promise<RunningRedis>;
let store: TestStore;
let fleet: SimulatedFleet;
/** Tries of a stage that Redis did not let come to an end. */
let broken = 0;

/** An order that one agent obeys once by its ledger, however often it is sent. */
const order: ActCommand = defineCommand({
  ...{ name: "order", aliases: [], kind: "act", summary: "Send an order", role: "operator", danger: 1 },
  ...{ input: restart.input, words: [], examples: ["order"], targets: async () => [] },
  stages: [
    {
      name: "sent",
      async run({ agent }, { ports: { bus }, operation }) {
        const id = `${operation.id}:${agent}:order`;
        const replyTo = keysOf(FLEET).replies(id);
        try {
          const deadline = (await bus.now()) + ANSWER_MS;
          const common = { v: PROTOCOL_VERSION, id, kind: "drill", epoch: null, deadline, replyTo } as const;
          await bus.send([{ agent, message: { ...common, args: { fault: "none" } } }]);
          const replies = await bus.collectReplies({ replyTo, expected: 1, timeoutMs: ANSWER_MS });
          if (replies.length > 0) return { state: "done", ending: "done" };
          throw new Failure("unavailable", "no answer yet");
        } catch (error) {
          if (isFailure(error)) broken += 1;
          throw error;
        }
      },
    },
  ],
});

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "rollcall-many-"));
  store = await openTestStore();
  const port = await findFreePort();
  const dataDir = join(scratch, "redis");
  startServer = () =>
    startRedis({ toolsDir: inject("toolsDir"), dataDir, logFile: `${dataDir}.log`, port, password: "test" });
  redis = await startServer();
  fleet = await startSimulatedFleet({ redisUrl: redis.url, fleetKey: FLEET_KEY, fleet: FLEET, agents: COMMANDS });
  const bus = openFleetBus({ url: redis.url, fleet: FLEET, fleetKey: FLEET_KEY });
  closers.push(() => bus.close());
}, 60_000);
afterAll(async () => {
  for (const close of closers.reverse()) await close();
  await fleet.stop();
  await redis.child.stop();
  await store.close();
  await rm(scratch, { recursive: true, force: true });
});

async function work(): Promise<void> {
  const bus = openFleetBus({ url: redis.url, fleet: FLEET, fleetKey: FLEET_KEY });
  const lease = createLease({ pool: store.pool, instance: "many", seconds: 6 });
  await lease.start();
  const ports = {
    ...{ audit: createAuditLog(store.pool), operations: createOperations(store.pool), clock: systemClock, bus },
    registry: { expected: async () => ({ agents: [] }) },
    ...rightsOfEverybody(() => "operator"),
  } as unknown as Ports;
  const worker = startWorker({
    ...{ pool: store.pool, lease, concurrency: AT_ONCE },
    execute: (id, { progress, signal }) =>
      executeOperation(id, { ports, commands: [order], progress, signal, onBug: (bug) => bugs.push(bug) }),
  });
  closers.push(async () => {
    await worker.stop();
    await lease.close();
    bus.close();
  });
}

async function countOf(ending: string): Promise<number> {
  const { rows } = await store.pool.query("select count(*)::int as count from operations where ending = $1", [ending]);
  return (rows[0] as { count: number }).count;
}

test("R2: Redis is killed and started while 500 commands are under way: all end well, each with one effect", async () => {
  const accepted = createCommandStore(store.pool);
  for (let n = 0; n < COMMANDS; n += 1) {
    const agents = [simulatedId(n)];
    await accepted.accept(acceptanceOf({ command: "order", agents, stages: ["sent"] }));
  }
  await work();
  await eventually(async () => (await countOf("done")) > 20, 30_000);
  redis.child.signal("SIGKILL");
  await redis.child.exited;
  const doneBefore = await countOf("done");
  await eventually(() => broken >= AT_ONCE, 30_000);
  redis = await startServer();
  expect(doneBefore).toBeLessThan(COMMANDS - AT_ONCE);

  const { rows } = await store.pool.query("select count(*)::int as count from operations");
  expect(rows).toEqual([{ count: COMMANDS }]);
  await eventually(async () => {
    const { rows: left } = await store.pool.query("select id from operations where state <> 'ended' limit 1");
    return left.length === 0;
  }, 90_000);
  expect(await countOf("done")).toBe(COMMANDS);
  const { effects, agents } = await fleet.drills();
  expect({ effects, agents }).toEqual({ effects: COMMANDS, agents: COMMANDS });
  expect(bugs).toEqual([]);
  expect((await createAuditLog(store.pool).verify()).unbroken).toBe(true);
}, 150_000);
