import type { StageResult } from "./command.ts";
import type { Ending, Stage, TargetProgress } from "./domain/operation.ts";

/** The target with the stage begun; a stage that is run again after a crash keeps its first beginning. */
export const beginStage = (target: TargetProgress, name: string, now: number): TargetProgress => ({
  ...target,
  stages: target.stages.map((stage) =>
    stage.name === name ? { ...stage, state: "now", startedAt: stage.startedAt ?? now } : stage,
  ),
});

/** The target after a stage: what it did, what it remembers, and whether that ends it. */
export function applyResult(
  target: TargetProgress,
  { stage: name, result, now }: { stage: string; result: StageResult; now: number },
): TargetProgress {
  const { state, detail = null, error = null } = result;
  const stages = target.stages.map((stage) =>
    stage.name === name ? { ...stage, state, detail, error, endedAt: now } : stage,
  );
  const memory = { ...target.memory, ...result.memory };
  const isLast = stages.at(-1)?.name === name;
  const ending = result.ending ?? (state === "failed" ? "failed" : isLast ? "done" : null);
  return { ...target, memory, ending, stages: ending === null ? stages : skipRest(stages) };
}

/** Stages that will not be run any more. */
export const skipRest = (stages: readonly Stage[]): Stage[] =>
  stages.map((stage) => (stage.state === "next" || stage.state === "now" ? { ...stage, state: "skipped" } : stage));

/** The target that was not begun because it may not be. @param why said at its first stage; null if it is said of the whole */
export function refuseTarget(target: TargetProgress, why: string | null): TargetProgress {
  const stages = skipRest(target.stages);
  const said = why === null ? stages : stages.map((stage, index) => (index === 0 ? { ...stage, error: why } : stage));
  return { ...target, stages: said, ending: "refused" };
}

/** The target that nothing was done to, and nothing will be. */
export const leaveTarget = (target: TargetProgress): TargetProgress => ({
  ...target,
  stages: skipRest(target.stages),
  ending: "not-touched",
});

const FAILED: readonly (Ending | null)[] = ["unknown", "did-not-come-back", "failed", "did-not-help"];

/** Whether it did to the agent what it should not: a refusal did nothing. */
export const hasFailed = ({ ending }: Pick<TargetProgress, "ending">): boolean => FAILED.includes(ending);

// Of several bad endings the one that says the least is given first: it must not be taken for a known one.
const BAD_ENDINGS: readonly Ending[] = [
  "unknown",
  "did-not-come-back",
  "failed",
  "did-not-help",
  "partly",
  "refused",
  "expired",
  "cancelled",
  "not-touched",
];

/** How an operation ended as a whole. */
export function overallEnding(targets: readonly TargetProgress[]): Ending {
  const endings = targets.map((target) => target.ending ?? "unknown");
  const bad = BAD_ENDINGS.find((ending) => endings.includes(ending));
  if (bad === undefined) return endings.includes("recovered") ? "recovered" : "done";
  return endings.every((ending) => BAD_ENDINGS.includes(ending)) ? bad : "partly";
}

/** The first reason why it did not end well, with the agent's name where there are several. */
export function overallError(targets: readonly TargetProgress[]): string | null {
  for (const { agent, stages } of targets) {
    const error = stages.find((stage) => stage.error !== null)?.error;
    if (error !== undefined && error !== null) return targets.length > 1 ? `${agent}: ${error}` : error;
  }
  return null;
}
