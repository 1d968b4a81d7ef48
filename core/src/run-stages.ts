import { randomUUID } from "node:crypto";
import type { ActCommand, ActContext, StageResult } from "./command.ts";
import { type Failure, isFailure } from "./domain/failure.ts";
import { isBegun, type Measured, nextStage, type Stage, type TargetProgress } from "./domain/operation.ts";
import type { Execution } from "./execute-operation.ts";
import { measureAgent } from "./measure-agent.ts";
import { applyResult, beginStage } from "./operation-course.ts";
import { type OperationRecord, pause } from "./operation-record.ts";
import type { WishWatch } from "./operation-wishes.ts";
import { inSpan } from "./protocol/span.ts";

const DEADLINE_SECONDS = 600;

/** What the stages of one operation are run with. */
export interface StageRun {
  readonly command: ActCommand;
  readonly record: OperationRecord;
  readonly execution: Execution;
  readonly wishes: WishWatch;
}

/**
 * Runs what is left of one agent's stages. An agent that was begun is brought to its end even if the operation is cancelled
 * meanwhile, or it would be left half done; only a stage that says so is not waited for then.
 */
export async function workOn(agent: string, run: StageRun): Promise<void> {
  for (;;) {
    const target = run.record.target(agent);
    const next = target.ending === null ? nextStage(target) : null;
    if (next === null) return;
    const attributes = { "rollcall.agent.name": agent, "rollcall.stage.name": next.name };
    await inSpan("run stage", { attributes }, () => storeAndRun(target, next, run));
  }
}

async function storeAndRun({ agent }: TargetProgress, { name, state }: Stage, run: StageRun): Promise<void> {
  const { record, execution } = run;
  const { clock } = execution.ports;
  execution.signal.throwIfAborted();
  const before = isMeasured(agent, run) ? await measureAgent(agent, execution.ports) : null;
  await record.saveTarget(agent, (target) =>
    beginStage(before === null ? target : { ...target, figures: { before, after: null } }, name, clock.now()),
  );
  const result = await attempt({ agent, name, run }, state === "now");
  const apply = (target: TargetProgress): TargetProgress =>
    applyResult(target, { stage: name, result, now: clock.now() });
  const { ending, figures } = apply(record.target(agent));
  const after = ending === null || figures === undefined ? null : await measureAgent(agent, execution.ports);
  await record.saveTarget(agent, (target) => withAfter(apply(target), after));
}

/** Stored with the beginning of the first stage, so what is measured is how it was before anything was done. */
function isMeasured(agent: string, { record, command }: StageRun): boolean {
  const { targets } = record.current;
  return (
    targets.length === 1 && !isBegun(record.target(agent)) && command.stages.some(({ name }) => name === "working")
  );
}

const withAfter = (target: TargetProgress, after: Measured | null): TargetProgress =>
  after === null || target.figures === undefined ? target : { ...target, figures: { ...target.figures, after } };

type StageDefinition = ActCommand["stages"][number];

/** Runs the stage until it comes to an end; what is away is waited for until the deadline. */
async function attempt({ agent, name, run }: Attempt, wasBegun: boolean): Promise<StageResult> {
  const { command, execution, record } = run;
  const definition = command.stages.find((stage) => stage.name === name);
  if (definition === undefined) return failed(`this version does not know the stage ${name}`);
  for (let tries = 0; ; tries += 1) {
    try {
      const again = againOf({ agent, name, run }, { wasBegun, tries });
      return await beforeAbort(execution.signal, runOnce(definition, { agent, run }, again));
    } catch (error) {
      execution.signal.throwIfAborted();
      const result = judgeError(error, { agent, name, run });
      if (result !== null) return result;
      if (tries === 0) await record.saveTarget(agent, (target) => withDetail(target, name, triesOn(error)));
      await pause(execution, tries);
    }
  }
}

const triesOn = (error: unknown): string => `${error instanceof Error ? error.message : error}; I keep trying`;

/** A stage that may be left is left as soon as somebody cancels the operation. */
function runOnce(
  definition: StageDefinition,
  { agent, run }: Omit<Attempt, "name">,
  again: Required<Pick<ActContext, "isRepeat" | "begunMs">>,
): Promise<StageResult> {
  const { execution, record, wishes } = run;
  const { ports, commands } = execution;
  const { whenCancelled } = definition;
  const by = wishes.cancelledBy();
  if (whenCancelled !== undefined && by !== null) return Promise.resolve(whenCancelled(by));
  const say = (detail: string) =>
    record.saveTarget(agent, (target) => withDetail(target, definition.name, detail)).then(() => undefined);
  const work = definition.run(record.target(agent), { ports, operation: record.current, commands, ...again, say });
  return whenCancelled === undefined ? work : Promise.race([work, wishes.cancelled.then(whenCancelled)]);
}

interface Attempt {
  readonly agent: string;
  readonly name: string;
  readonly run: StageRun;
}

/** @returns what the stage came to by its error; null if it is worth another try */
function judgeError(error: unknown, { agent, name, run }: Attempt): StageResult | null {
  const { deadlineSeconds = DEADLINE_SECONDS } = run.execution;
  if (!isFailure(error)) return failed(`something broke, id ${reportBug(error, run)}`);
  if (error.code !== "unavailable") return failed(error.message);
  if (run.wishes.cancelledBy() !== null) return leftUnknown(`${error.message}, and it was cancelled`);
  return sinceBegun(run, agent, name) > deadlineSeconds * 1000 ? neverKnown(error, deadlineSeconds) : null;
}

/** What the stage is told of its runs before this one. */
const againOf = ({ agent, name, run }: Attempt, { wasBegun, tries }: { wasBegun: boolean; tries: number }) => ({
  isRepeat: wasBegun || tries > 0,
  begunMs: wasBegun && tries === 0 ? sinceBegun(run, agent, name) : 0,
});

/** ms since the stage was first begun, as it is stored. */
function sinceBegun({ record, execution }: StageRun, agent: string, name: string): number {
  const now = execution.ports.clock.now();
  const stage = record.target(agent).stages.find((one) => one.name === name);
  return Math.max(0, now - (stage?.startedAt ?? now));
}

function reportBug(error: unknown, { execution, record }: StageRun): string {
  const ref = `bug-${randomUUID().slice(0, 8)}`;
  execution.onBug(error, { ref, operation: record.current.id });
  return ref;
}

const failed = (error: string): StageResult => ({ state: "failed", error, ending: "failed" });

const neverKnown = (error: Failure, seconds: number): StageResult =>
  leftUnknown(`${error.message} for ${Math.round(seconds / 60)} min`);

const leftUnknown = (why: string): StageResult => ({
  state: "failed",
  error: `${why}, so it is not known what became of it`,
  ending: "unknown",
});

function withDetail(target: TargetProgress, name: string, detail: string): TargetProgress {
  return { ...target, stages: target.stages.map((stage) => (stage.name === name ? { ...stage, detail } : stage)) };
}

/** Does not wait for the end of a stage when the process has to go. */
function beforeAbort<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}
