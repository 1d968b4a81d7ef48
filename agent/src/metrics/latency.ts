import { LATENCY_BUCKETS_SECONDS, type TaskTotals } from "@rollcall/core/protocol.ts";

/** Cumulative counts of one topic since the process began: done, failed, and the latency publish → handler start. */
export interface TaskMeter {
  /** @param seconds negative counts as 0: the clock of the bus is an estimate here */
  observe(seconds: number): void;
  done(): void;
  failed(): void;
  totals(): TaskTotals;
}

const BOUNDS = Float64Array.from(LATENCY_BUCKETS_SECONDS);

export function createTaskMeter(): TaskMeter {
  const counts = new Float64Array(BOUNDS.length + 1);
  const sums = new Float64Array(3);
  return {
    observe(seconds) {
      let bucket = 0;
      while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] as number)) bucket += 1;
      (counts[bucket] as number) += 1;
      if (seconds > 0) (sums[0] as number) += seconds;
    },
    done() {
      (sums[1] as number) += 1;
    },
    failed() {
      (sums[2] as number) += 1;
    },
    totals: () => ({
      done: sums[1] as number,
      failed: sums[2] as number,
      latency: [...counts],
      latencySumSeconds: sums[0] as number,
    }),
  };
}

/** The meters of an agent, by topic (or by name of its own periodic work). */
export interface TaskMeters {
  of(topic: string): TaskMeter;
  totals(): Record<string, TaskTotals>;
}

export function createTaskMeters(): TaskMeters {
  const meters = new Map<string, TaskMeter>();
  return {
    of(topic) {
      const known = meters.get(topic) ?? createTaskMeter();
      meters.set(topic, known);
      return known;
    },
    totals: () => Object.fromEntries([...meters].map(([topic, meter]) => [topic, meter.totals()])),
  };
}
