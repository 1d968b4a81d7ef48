import type { AgentFigures } from "@rollcall/core/protocol/figures.ts";
import { createApiCalls } from "./api-calls.ts";
import { readDiskBytes, watchNetworkBytes } from "./process-bytes.ts";
import { createStageMeters } from "./stages.ts";

/** All that an agent measures of itself beyond its tasks, until it ends. */
export function createFigures(signal: AbortSignal) {
  const stages = createStageMeters();
  const calls = createApiCalls();
  const networkBytes = watchNetworkBytes(signal);
  let deliveries = 0;
  let redeliveries = 0;
  return {
    stages,
    calls,
    /** An entry was taken up. @param times how often Redis has handed it out */
    delivered(times: number): void {
      deliveries += 1;
      if (times > 1) redeliveries += 1;
    },
    /** @param now ms, of the bus */
    take(now: number, busySeconds: number): AgentFigures {
      const disk = readDiskBytes();
      return {
        stages: stages.take(now),
        ...{ busySeconds, deliveries, redeliveries },
        calls: calls.totals(),
        ...(disk === undefined ? {} : { disk }),
        network: networkBytes(),
      };
    },
  };
}
export type Figures = ReturnType<typeof createFigures>;
