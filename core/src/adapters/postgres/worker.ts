import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type JobHelpers, type Runner, run, type WorkerEvents } from "graphile-worker";
import type { OperationProgress } from "../../ports/command-store.ts";
import type { ControlLease } from "./lease.ts";
import { OPERATION_TASK, sweepOperations } from "./operation-jobs.ts";
import { claimOperation } from "./operation-progress.ts";
import type { Pool } from "./pool.ts";
import { workerLogger } from "./worker-logger.ts";

export interface WorkerOptions {
  readonly pool: Pool;
  readonly lease: ControlLease;
  /** Runs one operation to its end. What it throws leaves the operation to the next try, here or elsewhere. */
  readonly execute: (id: string, run: { progress: OperationProgress; signal: AbortSignal }) => Promise<void>;
  /** Operations at the same time. */
  readonly concurrency?: number;
  readonly onProblem?: (problem: string, cause?: unknown) => void;
}

/** Runs accepted operations until it is stopped. */
export interface OperationWorker {
  /** Takes no more, and gives those under way a few seconds to reach a point from which they can be continued. */
  stop(): Promise<void>;
}

// 500 ms poll: NOTIFY wakes workers at once; polling is for when its connection is being built anew.
const POLL_MS = 500;
// Ends within ten seconds after SIGTERM (reference/reliability C6).
const ABORT_AFTER_MS = 4000;
const STOP_WITHIN_MS = 8000;
const SWEEP_MS = 2000;
const RETRY_MS = 500;

/** Starts the worker; PostgreSQL may be away, then and later. */
export function startWorker(options: WorkerOptions): OperationWorker {
  const worker = new Worker(options);
  const ended = Promise.all([worker.runOn(), worker.sweepOn()]);
  return {
    async stop() {
      await worker.stop();
      await ended;
    },
  };
}

class Worker {
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<string>();
  readonly #runners = new Set<Runner>();

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** A runner that could not tell PostgreSQL what became of a job ends itself; another one takes its place. */
  async runOn(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#runOnce();
      } catch (error) {
        this.#options.onProblem?.("the worker cannot start, it goes on trying", error);
      }
      await this.#pause(RETRY_MS);
    }
  }

  async sweepOn(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        if (this.#options.lease.isLeader()) await sweepOperations(this.#options.pool);
      } catch (error) {
        this.#options.onProblem?.("unfinished operations cannot be looked for, it goes on trying", error);
      }
      await this.#pause(SWEEP_MS);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const stopped = Promise.allSettled([...this.#runners].map((runner) => runner.stop()));
    await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS).unref())]);
  }

  async #runOnce(): Promise<void> {
    const { pool, lease, concurrency = 10, onProblem } = this.#options;
    const events: WorkerEvents = new EventEmitter();
    const closing = Promise.withResolvers<void>();
    let workerId = "";
    events.on("pool:create", ({ workerPool }) => {
      workerId = workerPool.id;
    });
    events.on("pool:gracefulShutdown", () => closing.resolve());
    const runner = await run({
      pgPool: pool,
      events,
      logger: workerLogger(onProblem),
      noHandleSignals: true,
      concurrency,
      pollInterval: POLL_MS,
      // Asked before each look for a job: who holds no lease takes none.
      forbiddenFlags: async () => {
        await lease.cover(workerId);
        return [];
      },
      taskList: { [OPERATION_TASK]: (payload, helpers) => this.#execute(payload, helpers) },
      // Unbatched, graphile-worker 0.18 leaves a promise unhandled when PostgreSQL is away at the end of a job.
      preset: {
        worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0, gracefulShutdownAbortTimeout: ABORT_AFTER_MS },
      },
    });
    this.#runners.add(runner);
    const ended = runner.promise
      .catch(() => undefined)
      .finally(() => {
        this.#runners.delete(runner);
        lease.uncover(workerId);
      });
    if (this.#stopping.signal.aborted) await runner.stop().catch(() => undefined);
    await Promise.race([ended, closing.promise]);
  }

  async #execute(payload: unknown, { abortSignal }: JobHelpers): Promise<void> {
    const { pool, lease, execute } = this.#options;
    const id = (payload as { operation?: unknown } | null)?.operation;
    if (typeof id !== "string") throw new Error("the job names no operation");
    if (this.#underWay.has(id)) return;
    const epoch = lease.epoch();
    if (epoch === null) throw new Error("the lease was lost before the operation began");
    this.#underWay.add(id);
    try {
      const progress = await claimOperation(pool, { id, epoch });
      if (progress !== null) await execute(id, { progress, signal: abortSignal ?? new AbortController().signal });
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #pause(ms: number): Promise<void> {
    // The signal ends the pause early.
    await sleep(ms, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
  }
}
