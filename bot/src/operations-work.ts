import type { ControlLease } from "@rollcall/core/adapters/postgres/lease.ts";
import { startWorker } from "@rollcall/core/adapters/postgres/worker.ts";
import { isEnded } from "@rollcall/core/domain/operation.ts";
import { executeOperation } from "@rollcall/core/execute-operation.ts";
import type { OperationProgress } from "@rollcall/core/ports/command-store.ts";
import type { Logger } from "pino";
import type { Adapters } from "./adapters.ts";
import type { ControlConfig } from "./config.ts";
import { problemLog } from "./log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Loop, LoopOptions } from "./schedule/loop.ts";
import { findOutUnknown } from "./schedule/reconcile.ts";

interface Deps {
  readonly config: ControlConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly adapters: Adapters;
}

// Whoever waits for "❔ still asking" sees the truth soon after somebody can tell it.
const FIND_OUT_MS = 5_000;

/** Carries accepted operations out, and finds out what became of those of which it is not known. */
export function startOperations(
  { config, log, metrics, adapters }: Deps,
  lease: ControlLease,
  loop: (options: LoopOptions) => Loop,
): { stop(): Promise<void> } {
  const { ports, commands, database } = adapters;
  const worker = startWorker({
    pool: database.pool,
    lease,
    onProblem: problemLog(log),
    execute: async (id, { progress, signal }) => {
      await executeOperation(id, {
        ports,
        commands,
        signal,
        deadlineSeconds: config.ROLLCALL_STAGE_DEADLINE_SECONDS,
        progress: countEndings(progress, { log, metrics }),
        onBug: (error, about) => log.error({ err: error, ...about }, "a stage failed by a bug"),
      });
    },
  });
  const finding = loop({
    name: "find-out",
    everyMs: FIND_OUT_MS,
    when: () => lease.isLeader(),
    run: () => findOutUnknown({ ports, commands, unknown: database.unknown, epoch: () => lease.epoch(), log }),
  });
  return {
    async stop() {
      await Promise.all([worker.stop(), finding.stop()]);
    },
  };
}

/** Counts and logs the end of each operation when it is stored: that happens once, whoever finishes it. */
function countEndings(
  progress: OperationProgress,
  { log, metrics }: { log: Logger; metrics: Metrics },
): OperationProgress {
  return {
    async save(operation, audit) {
      const saved = await progress.save(operation, audit);
      if (isEnded(saved)) {
        metrics.commands.ended(saved);
        const { id, command, ending, actor } = saved;
        log.info({ operation: id, command, ending, actor: actor.id }, "operation ended");
      }
      return saved;
    },
  };
}
