import { NOBODY_SEES } from "@rollcall/test/away-fixture.ts";
import { rightsOfEverybody } from "@rollcall/test/rights-fixture.ts";
import { acceptanceOf, eventually, openTestStore, operator, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ActCommand, defineCommand, type Ports, type StageResult } from "../../command.ts";
import cancel from "../../commands/cancel.ts";
import goOn from "../../commands/continue.ts";
import type { Operation } from "../../domain/operation.ts";
import { type Execution, executeOperation } from "../../execute-operation.ts";
import { workingAgent } from "../../fake-agent-fixture.ts";
import { memoryRequests } from "../../memory-requests-fixture.ts";
import { systemClock } from "../../ports/clock.ts";
import type { OperationProgress } from "../../ports/command-store.ts";
import { runCommand } from "../../run-command.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { createLease } from "./lease.ts";
import { sweepOperations } from "./operation-jobs.ts";
import { claimOperation } from "./operation-progress.ts";
import { createOperations } from "./operations.ts";
import { startWorker } from "./worker.ts";

const AGENTS = ["a1", "a2", "a3", "a4", "a5"];
const FLEET = [...AGENTS, ...Array.from({ length: 15 }, (_, index) => `other-${index}`)];

let store: TestStore;
/** Effects by the id of what was sent: what an agent's ledger would hold. */
let ledger: Map<string, number>;
let behave: (agent: string, stage: string) => Promise<StageResult> | StageResult;
const closers: (() => Promise<unknown>)[] = [];

const touch: ActCommand = defineCommand({
  ...{ name: "touch", aliases: [], kind: "act", summary: "Touch agents", role: "operator", danger: 1 },
  input: z.strictObject({ who: z.array(z.string()) }),
  ...{ words: ["who"], examples: [] },
  targets: async () => [],
  stages: ["sent", "working"].map((name) => ({
    name,
    async run(target, { operation }) {
      const id = `${operation.id}:${target.agent}:${name}`;
      const result = await behave(target.agent, name);
      ledger.set(id, (ledger.get(id) ?? 0) + 1);
      return result;
    },
  })),
});
const commands = [touch, cancel, goOn];

const ports = (): Ports =>
  ({
    audit: createAuditLog(store.pool),
    operations: createOperations(store.pool),
    ...rightsOfEverybody(() => "operator"),
    ...NOBODY_SEES,
    requests: memoryRequests(systemClock),
    registry: { expected: async () => ({ agents: FLEET.map((id) => workingAgent(id).expected) }) },
    clock: systemClock,
  }) as unknown as Ports;

const find = async (id: string): Promise<Operation> => (await createOperations(store.pool).find(id)) as Operation;
const jobsOf = async (id: string): Promise<number> =>
  (await store.pool.query("select from graphile_worker.jobs where key = $1", [id])).rows.length;
const lockedBy = async (id: string): Promise<string[]> =>
  (
    await store.pool.query<{ agent: string }>("select agent from agent_locks where operation = $1 order by agent", [
      id.slice(3),
    ])
  ).rows.map(({ agent }) => agent);

async function accept(): Promise<string> {
  const stages = touch.stages.map(({ name }) => name);
  const acceptance = acceptanceOf({ command: "touch", input: { who: AGENTS }, agents: AGENTS, stages });
  return (await createCommandStore(store.pool).accept(acceptance)).operation.id;
}

let wishes = 0;
/** Asks through the one command path, as every door does. */
async function ask(command: "cancel" | "continue", id: string): Promise<string> {
  wishes += 1;
  const answer = await runCommand(
    {
      ...{ command, input: { operation: id }, actor: operator, door: "slack", reason: null, incidentId: null },
      ...{ requestId: `wish-${wishes}`, idempotencyKey: `wish-${wishes}` },
    },
    { commands, ports: ports(), store: createCommandStore(store.pool) },
  );
  if (answer.kind !== "act") throw new Error(`${command} is ${answer.kind}`);
  return answer.operation.id;
}

/** A control service reduced to what runs operations. */
async function startService(instance: string, more: Partial<Execution> = {}): Promise<() => Promise<void>> {
  const lease = createLease({ pool: store.pool, instance, seconds: 2 });
  await lease.start();
  const worker = startWorker({
    ...{ pool: store.pool, lease },
    execute: (id, { progress, signal }) =>
      executeOperation(id, {
        ...{ ports: ports(), commands, progress, signal, onBug: () => undefined, wishMs: 20, retryMs: 5 },
        ...more,
      }),
  });
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= worker.stop().then(() => lease.close());
    return stopping;
  };
  closers.push(stop);
  return stop;
}

beforeAll(async () => {
  store = await openTestStore();
});
beforeEach(() => {
  ledger = new Map();
  behave = (agent, stage) =>
    agent === "a2" && stage === "working" ? { state: "failed", error: "exit 1" } : { state: "done" };
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await store.pool.query("delete from control_leases");
});
afterAll(() => store.close());

const untilIs = (id: string, state: Operation["state"]): Promise<void> =>
  eventually(async () => (await find(id)).state === state);

describe("an operation over many agents that has stopped", () => {
  test("holds no job and no agent that it is done with, and waits through a restart until somebody lets it go on", async () => {
    const stop = await startService("first");
    const id = await accept();
    await untilIs(id, "waiting");
    await eventually(async () => (await jobsOf(id)) === 0);
    expect(await lockedBy(id)).toEqual(["a4", "a5"]);
    expect(await sweepOperations(store.pool)).toEqual([]);
    await stop();

    await startService("second");
    const answer = await ask("continue", id);
    await untilIs(id, "ended");
    expect(await find(id)).toMatchObject({ ending: "partly", error: "a2: exit 1" });
    await untilIs(answer, "ended");
    expect(await find(answer)).toMatchObject({ ending: "done" });
    expect([...ledger].filter(([, times]) => times > 1)).toEqual([]);
    expect([...ledger.keys()].filter((effect) => effect.startsWith(`${id}:`))).toHaveLength(10);
    expect(await lockedBy(id)).toEqual([]);
    const story = await createAuditLog(store.pool).search({ operationId: id, limit: 10 });
    expect(story.map(({ event, action }) => action ?? event)).toEqual([
      ...["outcome", "continued", "stopped", "dispatch", "intent"],
    ]);
  });

  test("ends by itself when its time is over, although nobody asks for it", async () => {
    await startService("only", { answerSeconds: 1 });
    const id = await accept();
    await untilIs(id, "ended");
    const { ending, error } = await find(id);
    expect(ending).toBe("cancelled");
    expect(error).toMatch(
      /^stopped \(budget 1 of 1 used\), and nobody answered in 0 min: 2 of 5 done, 1 failed, 2 not touched/,
    );
  });

  test("ends at once when it is aborted by another service than the one that ran it", async () => {
    const stop = await startService("runner");
    const id = await accept();
    await untilIs(id, "waiting");
    await startService("peer");
    await ask("cancel", id);
    await untilIs(id, "ended");
    await stop();
    expect(await find(id)).toMatchObject({ ending: "cancelled", bulk: { stops: [{ rule: "budget" }] } });
  });

  test("is answered by the first of two who answer; the second is told that it has not stopped any more", async () => {
    await startService("only");
    const id = await accept();
    await untilIs(id, "waiting");
    const answers = await Promise.allSettled([ask("continue", id), ask("continue", id)]);
    await untilIs(id, "ended");
    expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(ask("continue", id)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`${id} has ended already: partly, 4 of 5 done, 1 failed`),
    });
  });
});

describe("an operation that is cancelled while it runs", () => {
  test("finishes what it has begun, touches no further agent, and both say where it stands", async () => {
    await startService("runner");
    const isWorking = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    behave = async (agent) => {
      if (agent === "a1") isWorking.resolve();
      await mayEnd.promise;
      return { state: "done" };
    };
    const id = await accept();
    await isWorking.promise;
    const wish = await ask("cancel", id);
    await expect(ask("cancel", id)).rejects.toMatchObject({
      code: "conflict",
      message: `${id} is being cancelled already by Operator on call (${wish}). Nothing more is begun.`,
    });
    mayEnd.resolve();
    await untilIs(wish, "ended");
    expect(await find(id)).toMatchObject({
      ending: "cancelled",
      error: "cancelled by Operator on call: 3 of 5 done, 2 not touched",
    });
    expect((await find(wish)).targets[0]?.stages[0]).toMatchObject({ detail: "3 of 5 done, 2 not touched" });
    await expect(ask("cancel", id)).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("a control service that dies in the middle of a batch", () => {
  test.each([1, 3, 5, 7, 8, 9, 11, 13, 15])(
    "at its write %i leaves the rest to a peer: no agent is left out, and none is touched by two",
    async (writesBefore) => {
      behave = () => ({ state: "done" });
      const id = await accept();
      const dying = await claimAs("dying", id);
      let writes = 0;
      const save: OperationProgress["save"] = async (...args) => {
        if (writes === writesBefore) throw new Error("killed");
        writes += 1;
        return dying.save(...args);
      };
      await run(id, { save }).catch(() => undefined);
      await store.pool.query("delete from control_leases where instance = 'dying'");
      await run(id, await claimAs("peer", id));
      const { ending, targets } = await find(id);
      expect([ending, targets.map((target) => target.ending)]).toEqual(["done", AGENTS.map(() => "done")]);
      expect([...ledger.keys()].filter((effect) => effect.startsWith(`${id}:`))).toHaveLength(10);
      // What ran twice had the same id both times, so that a ledger has it once; whole agents are never begun anew.
      const twice = [...ledger].filter(([, times]) => times > 1);
      expect(twice.every(([, times]) => times === 2) && twice.length <= 3).toBe(true);
      await store.pool.query("delete from graphile_worker._private_jobs");
    },
  );

  async function claimAs(instance: string, id: string): Promise<OperationProgress> {
    const lease = createLease({ pool: store.pool, instance, seconds: 60 });
    await lease.start();
    closers.push(() => lease.close());
    const progress = await claimOperation(store.pool, { id, epoch: lease.epoch() ?? -1 });
    if (progress === null) throw new Error(`${id} cannot be claimed`);
    return progress;
  }

  const run = (id: string, progress: OperationProgress): Promise<void> =>
    executeOperation(id, {
      ...{ ports: ports(), commands, progress, signal: new AbortController().signal, retryMs: 5 },
      onBug: (error) => {
        throw error;
      },
    });
});
