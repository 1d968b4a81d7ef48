import type { ActCommand, ActContext, Ports, StageResult } from "./command.ts";
import { isFailure } from "./domain/failure.ts";
import { type Operation, plannedStages, type TargetProgress } from "./domain/operation.ts";
import { applyResult, beginStage } from "./operation-course.ts";

/** Verbs that work past the usual path: what brings an agent back, or off. */
export const BREAK_GLASS_COMMANDS = ["restart", "start", "stop"] as const;

/** Nothing that was begun goes on longer. */
const LONGEST_MS = 10 * 60_000;

/** What is to be done past PostgreSQL and the directory. */
export interface BreakGlassWish {
  readonly id: string;
  readonly command: ActCommand;
  readonly agent: string;
  /** `host:root` */
  readonly actor: string;
  readonly reason: string;
}

/** What a use needs: what commands act with, and where each step is written down first. */
export interface BreakGlassDeps {
  readonly ports: Ports;
  /** On the disk before it returns. @throws Error, and then nothing more is done */
  readonly note: (step: "began" | "stage" | "ended", target: TargetProgress) => Promise<void>;
  readonly tell: (stage: TargetProgress["stages"][number]) => void;
}

/**
 * Runs the stages of a command on one agent, by the same code as every other door, each written down before it runs.
 * @returns the agent's progress with its ending
 * @throws Error if it cannot be written down; what comes after is not done
 */
export async function breakGlass(wish: BreakGlassWish, deps: BreakGlassDeps): Promise<TargetProgress> {
  const { command, agent } = wish;
  let target: TargetProgress = { agent, stages: plannedStages(stageNames(command)), memory: {}, ending: null };
  await deps.note("began", target);
  const deadline = deps.ports.clock.now() + LONGEST_MS;
  const context: ActContext = { ports: deps.ports, operation: operationOf(wish, deps.ports), commands: [command] };
  for (const name of stageNames(command)) {
    if (target.ending !== null) break;
    target = beginStage(target, name, deps.ports.clock.now());
    await deps.note("stage", target);
    const result = deps.ports.clock.now() > deadline ? TOO_LATE : await runStage({ command, name, target }, context);
    target = applyResult(target, { stage: name, result, now: deps.ports.clock.now() });
    for (const stage of target.stages) if (stage.name === name) deps.tell(stage);
  }
  await deps.note("ended", target);
  return target;
}

const TOO_LATE: StageResult = { state: "failed", error: "its ten minutes are over", ending: "expired" };

/** Whether an alert clears is told by PostgreSQL, which may be away; that the agent works is proven all the same. */
const stageNames = ({ stages }: ActCommand): string[] =>
  stages.map(({ name }) => name).filter((name) => name !== "alert clear");

async function runStage(
  { command, name, target }: { command: ActCommand; name: string; target: TargetProgress },
  context: ActContext,
): Promise<StageResult> {
  const stage = command.stages.find((one) => one.name === name);
  if (stage === undefined) return { state: "failed", error: `there is no stage ${name}`, ending: "failed" };
  try {
    return await stage.run(target, context);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { state: "failed", error: error.message, ending: error.code === "unavailable" ? "unknown" : "failed" };
  }
}

function operationOf(
  { id, command, agent, actor, reason }: BreakGlassWish,
  { clock }: Pick<Ports, "clock">,
): Operation {
  const now = clock.now();
  return {
    ...{ id: `bg-${id}`, command: command.name, input: { who: [agent] }, door: "host", reason, requestId: id },
    actor: { id: actor, name: actor, role: "admin", person: false, source: "the host", slackUser: null },
    ...{ state: "running", ending: null, error: null, targets: [], incidentId: null, createdAt: now, startedAt: now },
    ...{ endedAt: null, usualSeconds: null, earlierRuns: 0, revision: 1 },
  };
}
