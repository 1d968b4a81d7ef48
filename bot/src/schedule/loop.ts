import type { Clock } from "@rollcall/core/ports/clock.ts";
import type { Logger } from "pino";
import type { ScheduleMetrics } from "../metrics/schedule.ts";

export interface LoopOptions {
  /** One of a few fixed names; a label of metrics. */
  readonly name: string;
  readonly everyMs: number;
  /** Asked before each round; a round is left out while it is false. */
  readonly when?: () => boolean;
  readonly run: () => Promise<unknown>;
}

interface LoopDeps {
  readonly log: Pick<Logger, "warn" | "info">;
  readonly metrics: ScheduleMetrics;
  readonly clock: Clock;
}

export interface Loop {
  /** Resolves when the round that runs now has ended; no other begins. */
  stop(): Promise<void>;
}

/**
 * Does the same again and again, the first time at once. Rounds never overlap: the next begins `everyMs` after the start of
 * the last, or at its end if that is later. A round that fails is logged when it starts to fail and when it works again.
 */
export function startLoop(options: LoopOptions, deps: LoopDeps): Loop {
  const round = guardRound(options, deps);
  const stopping = Promise.withResolvers<void>();
  let stopped = false;
  const ended = (async () => {
    while (!stopped) {
      const startedAt = performance.now();
      await round();
      await Promise.race([pause(options.everyMs - (performance.now() - startedAt)), stopping.promise]);
    }
  })();
  return {
    async stop() {
      stopped = true;
      stopping.resolve();
      await ended;
    },
  };
}

/** A round that never throws. */
function guardRound(options: LoopOptions, { log, metrics, clock }: LoopDeps): () => Promise<void> {
  let failing = false;
  return async () => {
    if (options.when?.() === false) return;
    try {
      await options.run();
      metrics.ran(options.name, "done", clock.now());
      if (failing) log.info({ loop: options.name }, "loop works again");
      failing = false;
    } catch (error) {
      metrics.ran(options.name, "failed", clock.now());
      if (!failing) log.warn({ loop: options.name, err: error }, "loop fails, it goes on trying");
      failing = true;
    }
  };
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms)).unref();
  });
