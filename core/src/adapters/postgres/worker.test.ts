import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { acceptanceOf, eventually, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isEnded, type Operation } from "../../domain/operation.ts";
import type { OperationProgress } from "../../ports/command-store.ts";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { type ControlLease, createLease } from "./lease.ts";
import { sweepOperations, unlockDeadWorkers } from "./operation-jobs.ts";
import { claimOperation } from "./operation-progress.ts";
import { createOperations } from "./operations.ts";
import { createPool } from "./pool.ts";
import { startWorker, type WorkerOptions } from "./worker.ts";

let store: TestStore;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  store = await openTestStore();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await store.pool.query("delete from control_leases");
  // What a test left unfinished does not concern the next one.
  await store.pool.query("delete from graphile_worker._private_jobs");
  await store.pool.query("update operations set state = 'ended', ending = 'cancelled' where state <> 'ended'");
});
afterAll(() => store.close());

const accept = async (changes = {}): Promise<Operation> =>
  (await createCommandStore(store.pool).accept(acceptanceOf(changes))).operation;
const find = async (id: string): Promise<Operation> => (await createOperations(store.pool).find(id)) as Operation;
const jobsOf = async (id: string) =>
  (await store.pool.query("select locked_by, run_at, attempts from graphile_worker.jobs where key = $1", [id])).rows;
const endedBy = async (id: string): Promise<boolean> => isEnded(await find(id));

async function leaseOf(instance: string, seconds = 1): Promise<ControlLease> {
  const lease = createLease({ pool: store.pool, instance, seconds });
  await lease.start();
  closers.push(() => lease.close());
  return lease;
}

/** Ends what it runs. */
const finish: WorkerOptions["execute"] = async (id, { progress }) => {
  await progress.save({ ...(await find(id)), state: "ended", ending: "done", endedAt: Date.now() });
};

function work(lease: ControlLease, execute: WorkerOptions["execute"] = finish) {
  const problems: string[] = [];
  const worker = startWorker({ pool: store.pool, lease, execute, onProblem: (problem) => problems.push(problem) });
  let stopping: Promise<void> | null = null;
  const stop = () => {
    stopping ??= worker.stop();
    return stopping;
  };
  closers.push(stop);
  return { stop, problems };
}

/** A control service in a process of its own, which takes operations and never ends them. */
async function startPeer(instance: string, seconds: number): Promise<{ child: ChildProcess; output: () => string }> {
  const script = join(import.meta.dirname, "../../../../test/store-peer.ts");
  const child = spawn(process.execPath, [script, store.url, instance, String(seconds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  closers.push(async () => child.kill("SIGKILL"));
  await eventually(() => text.includes("ready"));
  return { child, output: () => text };
}

describe("worker", () => {
  test("runs what was accepted before and after it started", async () => {
    const before = await accept();
    const worker = work(await leaseOf("a"));
    const after = await accept();
    await eventually(async () => (await endedBy(before.id)) && (await endedBy(after.id)));
    await eventually(async () => (await jobsOf(before.id)).length === 0);
    expect(worker.problems).toEqual([]);
  });

  test("takes no work without a lease", async () => {
    const lease = createLease({ pool: store.pool, instance: "later", seconds: 1 });
    closers.push(() => lease.close());
    work(lease);
    const { id } = await accept();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await jobsOf(id))[0]).toMatchObject({ locked_by: null, attempts: 0 });
    await lease.start();
    await eventually(() => endedBy(id));
  });

  test("an operation that throws is tried again within seconds, not after graphile-worker's growing pauses", async () => {
    let tries = 0;
    work(await leaseOf("a"), async (id, run) => {
      tries += 1;
      if (tries < 4) throw new Error("not yet");
      await finish(id, run);
    });
    const { id } = await accept();
    await eventually(() => endedBy(id));
    expect(tries).toBe(4);
  });

  test("an operation whose job is gone gets another one", async () => {
    const { id } = await accept();
    await store.pool.query("delete from graphile_worker._private_jobs where key = $1", [id]);
    expect(await sweepOperations(store.pool)).toContain(id);
    expect(await sweepOperations(store.pool)).not.toContain(id);
    work(await leaseOf("a"));
    await eventually(() => endedBy(id));
  });

  test("goes on when graphile-worker could not write down that a job was done", async () => {
    await store.pool.query(`create function refuse() returns trigger language plpgsql as $$
      begin raise exception 'refused'; end $$`);
    await store.pool.query(
      "create trigger refuse before delete on graphile_worker._private_jobs for each row execute function refuse()",
    );
    const worker = work(await leaseOf("a"));
    const first = await accept();
    await eventually(() => endedBy(first.id));
    await eventually(() => worker.problems.length > 0);
    await store.pool.query("drop function refuse cascade");
    const second = await accept();
    await eventually(() => endedBy(second.id));
    // The job of the first one was locked by the runner that gave up.
    await eventually(async () => (await jobsOf(first.id)).length === 0);
  });

  test("PostgreSQL may be away at its start", async () => {
    const pool = createPool({ url: "postgres://nobody@127.0.0.1:9/none", name: "test" });
    const problems: string[] = [];
    const lease = createLease({ pool, instance: "x", seconds: 1 });
    const worker = startWorker({ pool, lease, execute: finish, onProblem: (problem) => problems.push(problem) });
    await eventually(() => problems.includes("the worker cannot start, it goes on trying"));
    await worker.stop();
    await pool.end();
  });

  test("a job that names no operation does no harm", async () => {
    const worker = work(await leaseOf("a"));
    await store.pool.query("select graphile_worker.add_job('execute-operation', '[]')");
    await store.pool.query(
      "select graphile_worker.add_job('execute-operation', json_build_object('operation', 'op-x'))",
    );
    await eventually(() => worker.problems.some((problem) => problem.includes("the job names no operation")));
    const { id } = await accept();
    await eventually(() => endedBy(id));
  });

  test("two jobs for one operation run it once", async () => {
    let runs = 0;
    const { id } = await accept();
    await store.pool.query(
      "select graphile_worker.add_job('execute-operation', json_build_object('operation', $1::text))",
      [id],
    );
    work(await leaseOf("a"), async (operation, run) => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 300));
      await finish(operation, run);
    });
    await eventually(() => endedBy(id));
    await eventually(async () => (await store.pool.query("select 1 from graphile_worker.jobs")).rows.length === 0);
    expect(runs).toBe(1);
  });

  test("at its stop it lets go of what it has, and the next one goes on with it at once", async () => {
    const lease = await leaseOf("a", 60);
    const running = Promise.withResolvers<void>();
    const first = work(lease, async (_, { signal }) => {
      running.resolve();
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const { id } = await accept();
    await running.promise;
    const startedAt = performance.now();
    await first.stop();
    await lease.close();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(await jobsOf(id)).toMatchObject([{ locked_by: null }]);
    work(await leaseOf("b", 60));
    await eventually(() => endedBy(id), 5000);
  });
});

describe("a control service that is killed", () => {
  test("leaves its operation to a peer as soon as its lease has expired", async () => {
    const peer = await startPeer("dead", 1);
    const { id } = await accept();
    await eventually(() => peer.output().includes(`runs ${id}`));
    const lease = await leaseOf("alive", 1);
    const worker = work(lease);
    expect(lease.isLeader()).toBe(false);
    peer.child.kill("SIGKILL");
    await eventually(() => endedBy(id));
    expect(lease.isLeader()).toBe(true);
    expect(worker.problems).toEqual([]);
  });

  test("goes on with it within two seconds when it is started again, although its old lease still runs", async () => {
    const peer = await startPeer("same-place", 60);
    const { id } = await accept();
    await eventually(() => peer.output().includes(`runs ${id}`));
    peer.child.kill("SIGKILL");
    await eventually(() => peer.child.signalCode !== null);
    work(await leaseOf("same-place", 60));
    const readyAt = performance.now();
    await eventually(() => endedBy(id));
    expect(performance.now() - readyAt).toBeLessThan(5000);
  });

  test("that was only asked to end leaves nothing locked", async () => {
    const peer = await startPeer("polite", 60);
    const { id } = await accept();
    await eventually(() => peer.output().includes(`runs ${id}`));
    peer.child.kill("SIGTERM");
    await eventually(() => peer.child.exitCode === 0);
    expect(await jobsOf(id)).toMatchObject([{ locked_by: null }]);
    work(await leaseOf("next", 60));
    await eventually(() => endedBy(id));
  });

  test("only dead workers are unlocked", async () => {
    const lease = await leaseOf("alive", 60);
    const running = Promise.withResolvers<void>();
    work(lease, async (_, { signal }) => {
      running.resolve();
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    });
    const { id } = await accept();
    await running.promise;
    expect(await unlockDeadWorkers(store.pool)).toEqual([]);
    await store.pool.query("update graphile_worker._private_jobs set locked_by = 'stranger' where key = $1", [id]);
    expect(await unlockDeadWorkers(store.pool)).toEqual(["stranger"]);
  });
});

describe("progress", () => {
  const claim = async (lease: ControlLease, id: string): Promise<OperationProgress | null> =>
    claimOperation(store.pool, { id, epoch: lease.epoch() ?? -1 });

  test("is written by the one who has claimed it, and frees the agents at the end", async () => {
    const lease = await leaseOf("a", 60);
    const operation = await accept();
    const progress = await claim(lease, operation.id);
    const running = await progress?.save({ ...operation, state: "running", startedAt: 7 });
    expect(running).toMatchObject({ state: "running", startedAt: 7, revision: 2 });
    const [agent] = operation.targets.map((target) => target.agent);
    await expect(accept({ agents: [agent] })).rejects.toMatchObject({ code: "conflict" });
    const audit = { ...acceptanceOf().audit, event: "outcome" as const, operationId: operation.id };
    await progress?.save({ ...operation, state: "ended", ending: "done", endedAt: 9 }, [audit]);
    expect(await createAuditLog(store.pool).search({ operationId: operation.id, limit: 5 })).toMatchObject([
      { event: "outcome" },
      { event: "intent" },
    ]);
    expect(await find(operation.id)).toMatchObject({ ending: "done", endedAt: 9, revision: 3 });
    await expect(accept({ agents: [agent] })).resolves.toMatchObject({ state: "queued" });
    expect(await claim(lease, operation.id)).toBeNull();
    // What has ended is never opened again.
    await expect(progress?.save({ ...operation, state: "running" })).rejects.toMatchObject({ code: "expired" });
  });

  test("of a process whose lease has expired is refused, with its audit rows", async () => {
    const lease = await leaseOf("slow", 60);
    const operation = await accept();
    const progress = await claim(lease, operation.id);
    await store.pool.query("update control_leases set expires_at = clock_timestamp() where instance = 'slow'");
    const audit = { ...acceptanceOf().audit, event: "outcome" as const, operationId: operation.id };
    await expect(progress?.save({ ...operation, state: "running" }, [audit])).rejects.toMatchObject({
      code: "expired",
    });
    expect(await find(operation.id)).toEqual(operation);
    expect(await createAuditLog(store.pool).search({ operationId: operation.id, limit: 5 })).toHaveLength(1);
  });

  test("of a stale process is refused after a peer has taken the operation over", async () => {
    const stale = await leaseOf("stale", 60);
    const operation = await accept();
    const old = await claim(stale, operation.id);
    const peer = await leaseOf("peer", 60);
    expect(await claim(peer, operation.id)).toBeNull();
    await store.pool.query("delete from control_leases where instance = 'stale'");
    const taken = await claim(peer, operation.id);
    await taken?.save({ ...operation, state: "running", startedAt: 7 });
    await expect(old?.save({ ...operation, state: "ended", ending: "done" })).rejects.toMatchObject({
      code: "expired",
    });
    expect(await find(operation.id)).toMatchObject({ state: "running", startedAt: 7 });
    expect(await claimOperation(store.pool, { id: operation.id, epoch: 999_999 })).toBeNull();
  });
});
