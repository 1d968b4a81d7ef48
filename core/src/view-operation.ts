import { type Operation, stageSeconds } from "./domain/operation.ts";
import { progressOf, secondsLeft } from "./domain/progress.ts";
import { type ApiOperation, apiOperation } from "./operation-contract.ts";

/**
 * An operation as every door hands it to programs: its row, and what follows from it about how far it is.
 * @param now ms since the epoch
 */
export function viewOperation(operation: Operation, now: number): ApiOperation {
  const targets = operation.targets.map((target) => ({
    ...target,
    current: target.stages.find(({ state }) => state === "now")?.name ?? null,
    stages: target.stages.map((stage) => ({ ...stage, seconds: tookSeconds(stage) })),
  }));
  const { percent } = progressOf(operation);
  return apiOperation.parse({ ...operation, targets, asOf: now, percent, secondsLeft: secondsLeft(operation, now) });
}

/** Stages that begin in one process and end in another are measured by two clocks; none takes less than nothing. */
function tookSeconds(stage: Operation["targets"][number]["stages"][number]): number | null {
  const seconds = stageSeconds(stage);
  return seconds === null ? null : Math.max(0, seconds);
}
