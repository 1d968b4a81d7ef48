import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ActCommand, CommandDefinition, Ports, StageResult } from "./command.ts";
import { type Failure, isFailure } from "./domain/failure.ts";
import { isEnded, nextStage, type Operation, type Stage, type TargetProgress } from "./domain/operation.ts";
import { decideBegin, decideNext } from "./execution-rights.ts";
import { applyResult, beginStage, overallEnding, overallError, refuseTarget, skipRest } from "./operation-course.ts";
import type { Decision } from "./policy.ts";
import type { AuditEntry } from "./ports/audit-log.ts";
import type { OperationProgress } from "./ports/command-store.ts";
import { withContext } from "./protocol/request-context.ts";
import { inSpan } from "./protocol/span.ts";

export interface Execution {
  readonly ports: Ports;
  readonly commands: readonly CommandDefinition[];
  readonly progress: OperationProgress;
  /** Ends the work at the next point from which it can be continued; `executeOperation` throws its reason. */
  readonly signal: AbortSignal;
  /** A bug, with the id that is shown to people. */
  readonly onBug: (error: unknown, about: { ref: string; operation: string }) => void;
  /** After this many seconds nobody waits any longer for what is away; 600 if not said. */
  readonly deadlineSeconds?: number;
  /** First pause before something that was away is tried again, 200 if not said; it doubles up to 25 times that. */
  readonly retryMs?: number;
}

const DEADLINE_SECONDS = 600;
const RETRY_MS = 200;
const LONGEST_PAUSE = 25;

/**
 * Runs an accepted operation from the stage at which its row stands to its end, however often it was interrupted. Each stage
 * is stored before and after it runs; a stage that runs twice has one effect, by the ids of what it sends.
 * @throws Failure "expired" if another process has taken it over; the reason of the signal
 */
export async function executeOperation(id: string, execution: Execution): Promise<void> {
  const found = await untilStored(execution, () => execution.ports.operations.find(id));
  if (found === null || isEnded(found)) return;
  const { requestId, origin } = found;
  const context = {
    requestId,
    correlationId: origin?.correlationId ?? requestId,
    customerId: origin?.customerId ?? undefined,
    traceparent: origin?.traceparent,
  };
  const attributes = { "rollcall.operation.id": id, "rollcall.command.name": found.command };
  await withContext(context, () => inSpan("run operation", { attributes }, () => runFound(found, execution)));
}

async function runFound(found: Operation, execution: Execution): Promise<void> {
  const command = execution.commands.find(({ name }) => name === found.command);
  const run = new Run(found, execution);
  if (command?.kind !== "act") {
    await run.end({ ending: "failed", error: `this version does not know the command ${found.command}` });
    return;
  }
  if (found.state === "queued" && !(await run.begin(command))) return;
  for (const { agent } of found.targets) if (await run.mayTouch(agent, command)) await run.workOn(agent, command);
  await run.end({ ending: overallEnding(run.targets), error: overallError(run.targets) });
}

class Run {
  readonly #execution: Execution;
  #operation: Operation;

  constructor(operation: Operation, execution: Execution) {
    this.#operation = operation;
    this.#execution = execution;
  }

  get targets(): readonly TargetProgress[] {
    return this.#operation.targets;
  }

  /** Asks the policy once more: rights may have gone since it was accepted. @returns false if that has ended it */
  async begin(command: ActCommand): Promise<boolean> {
    const { ports, commands } = this.#execution;
    const fleet = await untilStored(this.#execution, () => ports.registry.expected());
    const { decision, role } = await decideBegin(this.#operation, command, { ports, commands, fleet });
    if (!decision.allowed) {
      const targets = this.targets.map((target) => refuseTarget(target, null));
      await this.#save(
        { targets, state: "ended", ending: "refused", error: decision.why, endedAt: ports.clock.now() },
        [this.#refusal(decision)],
      );
      return false;
    }
    const dispatch = this.#entry("dispatch", { decision: "allowed", rule: decision.rule, detail: { role } });
    await this.#save({ state: "running", startedAt: ports.clock.now() }, [dispatch]);
    return true;
  }

  /** Before each further agent: who is blocked in the middle of many touches no other one; the first was decided at the beginning. */
  async mayTouch(agent: string, command: ActCommand): Promise<boolean> {
    const target = this.#target(agent);
    const isBegun = target.ending !== null || target.stages.some(({ state }) => state !== "next");
    if (isBegun || target === this.targets[0]) return true;
    const decision = decideNext(this.#operation, command, this.#execution.ports);
    if (decision.allowed) return true;
    const refused = refuseTarget(target, decision.why);
    const targets = this.targets.map((candidate) => (candidate.agent === agent ? refused : candidate));
    await this.#save({ targets }, [{ ...this.#refusal(decision), targets: [agent] }]);
    return false;
  }

  #refusal({ rule, why }: Decision): AuditEntry {
    return this.#entry("decision", { decision: "refused", rule, detail: { why } });
  }

  async workOn(agent: string, command: ActCommand): Promise<void> {
    for (;;) {
      const target = this.#target(agent);
      const next = target.ending === null ? nextStage(target) : null;
      if (next === null) return;
      await this.#runStage(target, next, command);
    }
  }

  async end({ ending, error }: Pick<Operation, "ending" | "error">): Promise<void> {
    const endedAt = this.#execution.ports.clock.now();
    const targets = this.targets.map((target) => ({
      ...target,
      stages: skipRest(target.stages),
      ending: target.ending ?? ending,
    }));
    const outcome = this.#entry("outcome", {
      detail: { ending, error, ...measure({ ...this.#operation, endedAt, targets }) },
    });
    await this.#save({ state: "ended", ending, error, endedAt, targets }, [outcome]);
  }

  #runStage(target: TargetProgress, next: Stage, command: ActCommand): Promise<void> {
    const attributes = { "rollcall.agent.name": target.agent, "rollcall.stage.name": next.name };
    return inSpan("run stage", { attributes }, () => this.#storeAndRun(target, next, command));
  }

  async #storeAndRun(target: TargetProgress, next: Stage, command: ActCommand): Promise<void> {
    const { signal, ports } = this.#execution;
    signal.throwIfAborted();
    // What comes after the agent works is verification: does it help?
    const state = next.name === "working" || next.name === "alert clear" ? "verifying" : "running";
    await this.#saveTarget(beginStage(target, next.name, ports.clock.now()), state);
    const result = await this.#attempt(target.agent, next.name, command);
    await this.#saveTarget(
      applyResult(this.#target(target.agent), { stage: next.name, result, now: ports.clock.now() }),
      state,
    );
  }

  /** Runs the stage until it comes to an end; what is away is waited for until the deadline. */
  async #attempt(agent: string, name: string, command: ActCommand): Promise<StageResult> {
    const { ports, signal } = this.#execution;
    const definition = command.stages.find((stage) => stage.name === name);
    if (definition === undefined) return failed(`this version does not know the stage ${name}`);
    for (let tries = 0; ; tries += 1) {
      try {
        return await beforeAbort(
          signal,
          definition.run(this.#target(agent), {
            ports,
            operation: this.#operation,
            commands: this.#execution.commands,
          }),
        );
      } catch (error) {
        signal.throwIfAborted();
        const result = this.#judgeError(error);
        if (result !== null) return result;
        if (tries === 0)
          await this.#saveTarget(withDetail(this.#target(agent), name, `${messageOf(error)}; I keep trying`));
        await pause(this.#execution, tries);
      }
    }
  }

  /** @returns what the stage came to by its error; null if it is worth another try */
  #judgeError(error: unknown): StageResult | null {
    const { ports, deadlineSeconds = DEADLINE_SECONDS } = this.#execution;
    if (!isFailure(error)) return failed(`something broke, id ${this.#reportBug(error)}`);
    if (error.code !== "unavailable") return failed(error.message);
    const since = this.#operation.startedAt ?? this.#operation.createdAt;
    return ports.clock.now() - since > deadlineSeconds * 1000 ? neverKnown(error, deadlineSeconds) : null;
  }

  #reportBug(error: unknown): string {
    const ref = `bug-${randomUUID().slice(0, 8)}`;
    this.#execution.onBug(error, { ref, operation: this.#operation.id });
    return ref;
  }

  #target(agent: string): TargetProgress {
    const target = this.targets.find((candidate) => candidate.agent === agent);
    if (target === undefined) throw new Error(`${this.#operation.id} has no target ${agent}`);
    return target;
  }

  async #saveTarget(target: TargetProgress, state: Operation["state"] = this.#operation.state): Promise<void> {
    const targets = this.targets.map((candidate) => (candidate.agent === target.agent ? target : candidate));
    await this.#save({ targets, state });
  }

  async #save(changes: Partial<Operation>, audit: readonly AuditEntry[] = []): Promise<void> {
    const changed = { ...this.#operation, ...changes };
    this.#operation = await untilStored(this.#execution, () => this.#execution.progress.save(changed, audit));
  }

  #entry(event: AuditEntry["event"], facts: Partial<AuditEntry> & Pick<AuditEntry, "detail">): AuditEntry {
    const { id, actor, door, command, reason, requestId } = this.#operation;
    const targets = this.targets.map((target) => target.agent);
    const who = { actor: actor.id, door, command, targets, reason, requestId, operationId: id };
    return { decision: null, rule: null, ...who, ...facts, event };
  }
}

const failed = (error: string): StageResult => ({ state: "failed", error, ending: "failed" });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const neverKnown = (error: Failure, seconds: number): StageResult => ({
  state: "failed",
  error: `${error.message} for ${Math.round(seconds / 60)} min, so it is not known what became of it`,
  ending: "unknown",
});

function withDetail(target: TargetProgress, name: string, detail: string): TargetProgress {
  return { ...target, stages: target.stages.map((stage) => (stage.name === name ? { ...stage, detail } : stage)) };
}

/** Stages and seconds for the audit row: what was proven, not what was said. */
function measure(operation: Operation): Record<string, unknown> {
  const { startedAt, createdAt, endedAt, targets } = operation;
  return {
    seconds: ((endedAt ?? 0) - (startedAt ?? createdAt)) / 1000,
    targets: targets.map((target) => ({
      agent: target.agent,
      ending: target.ending,
      stages: Object.fromEntries(
        target.stages.map((stage) => [stage.name, stage.error ?? stage.detail ?? stage.state]),
      ),
    })),
  };
}

/** PostgreSQL is waited for without an end: a row that is not stored would be a promise that is not kept. */
async function untilStored<Result>(execution: Execution, store: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await store();
    } catch (error) {
      execution.signal.throwIfAborted();
      if (!isFailure(error) || error.code !== "unavailable") throw error;
      await pause(execution, tries);
    }
  }
}

const pause = ({ retryMs = RETRY_MS, signal }: Execution, tries: number): Promise<void> =>
  sleep(retryMs * Math.min(2 ** tries, LONGEST_PAUSE), undefined, { signal });

/** Does not wait for the end of a stage when the process has to go. */
function beforeAbort<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", abort));
}
