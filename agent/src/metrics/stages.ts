import {
  type AgentFigures,
  FIRST_STAGE_BUCKET,
  LAST_STAGE_BUCKET,
  STAGES,
  type Stage,
  type StageTotals,
  stageBucketOf,
} from "@rollcall/core/protocol/figures.ts";
import { readTraceparent } from "@rollcall/core/protocol/traceparent.ts";

/** How long events take on each of their ways, over all topics; cumulative since the process began. */
export interface StageMeters {
  /** @param traceparent the trace that it was part of; a wrong or missing one only leaves out the example */
  observe(stage: Stage, seconds: number, traceparent?: string): void;
  /** The totals; begins to look for the slowest anew. @param now ms */
  take(now: number): AgentFigures["stages"];
}

interface Meter {
  readonly counts: Float64Array;
  sumSeconds: number;
  slowestSeconds: number;
  slowestTrace: string | undefined;
}

const newMeter = (): Meter => ({
  counts: new Float64Array(LAST_STAGE_BUCKET - FIRST_STAGE_BUCKET + 1),
  sumSeconds: 0,
  slowestSeconds: -1,
  slowestTrace: undefined,
});

export function createStageMeters(): StageMeters {
  const meters: Readonly<Record<Stage, Meter>> = {
    ...{ deliver: newMeter(), wait: newMeter(), handle: newMeter(), total: newMeter() },
  };
  return {
    observe(stage, seconds, traceparent) {
      const meter = meters[stage];
      (meter.counts[stageBucketOf(seconds) - FIRST_STAGE_BUCKET] as number) += 1;
      if (seconds > 0) meter.sumSeconds += seconds;
      if (traceparent === undefined || seconds <= meter.slowestSeconds) return;
      meter.slowestSeconds = Math.max(0, seconds);
      meter.slowestTrace = traceparent;
    },
    take: (now) =>
      Object.fromEntries(
        STAGES.filter((stage) => meters[stage].counts.some((count) => count > 0)).map((stage) => [
          stage,
          takeTotals(meters[stage], now),
        ]),
      ),
  };
}

function takeTotals(meter: Meter, at: number): StageTotals {
  const { counts, sumSeconds, slowestSeconds: seconds } = meter;
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  const traceId = readTraceparent(meter.slowestTrace)?.traceId;
  meter.slowestSeconds = -1;
  meter.slowestTrace = undefined;
  return {
    first: FIRST_STAGE_BUCKET + first,
    counts: [...counts.slice(first, last + 1)],
    sumSeconds,
    ...(traceId === undefined ? {} : { slowest: { seconds, traceId, at } }),
  };
}
