import type { CommandDefinition, Ports } from "./command.ts";
import { isEnded, type Operation } from "./domain/operation.ts";
import { overallEnding, overallError } from "./operation-course.ts";
import { OperationRecord, untilStored } from "./operation-record.ts";
import { watchWishes } from "./operation-wishes.ts";
import type { OperationProgress } from "./ports/command-store.ts";
import { withContext } from "./protocol/request-context.ts";
import { inSpan } from "./protocol/span.ts";
import { type BatchRun, runBatches } from "./run-batches.ts";
import { answerStop, beginOperation, endCancelled, endOperation, stopOperation } from "./run-turns.ts";

export interface Execution {
  readonly ports: Ports;
  readonly commands: readonly CommandDefinition[];
  readonly progress: OperationProgress;
  /** Ends the work at the next point from which it can be continued; `executeOperation` throws its reason. */
  readonly signal: AbortSignal;
  /** A bug, with the id that is shown to people. */
  readonly onBug: (error: unknown, about: { ref: string; operation: string }) => void;
  /** After this many seconds in one stage nobody waits any longer for what is away; 600 if not said. */
  readonly deadlineSeconds?: number;
  /** First pause before something that was away is tried again, 200 if not said; it doubles up to 25 times that. */
  readonly retryMs?: number;
  /** Between two looks whether somebody has cancelled it; 500 if not said. */
  readonly wishMs?: number;
  /** How long a stopped operation waits for somebody to let it go on; 600 if not said. */
  readonly answerSeconds?: number;
}

const WISH_MS = 500;

/**
 * Runs an accepted operation from the stage at which its row stands to its end, however often it was interrupted; or to a
 * stop, from which it goes on when somebody has answered. Each stage is stored before and after it runs; a stage that runs
 * twice has one effect, by the ids of what it sends.
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

async function runFound(found: Operation, outer: Execution): Promise<void> {
  const inner = new AbortController();
  const execution = { ...outer, signal: AbortSignal.any([outer.signal, inner.signal]) };
  const record = new OperationRecord(found, execution);
  const command = execution.commands.find(({ name }) => name === found.command);
  if (command?.kind !== "act") {
    const error = `this version does not know the command ${found.command}`;
    await endOperation({ record, execution }, { ending: "failed", error });
    return;
  }
  const wishes = watchWishes(() => record.current, {
    operations: execution.ports.operations,
    everyMs: execution.wishMs ?? WISH_MS,
    onBug: (error) => execution.onBug(error, { ref: "wishes", operation: found.id }),
  });
  try {
    await toItsEnd({ command, record, execution, wishes, abort: (reason) => inner.abort(reason) });
  } finally {
    wishes.stop();
  }
}

/** ... or to a stop, from which the next job goes on. */
async function toItsEnd(run: BatchRun): Promise<void> {
  const { record } = run;
  const { state } = record.current;
  if (state === "queued" && !(await beginOperation(run))) return;
  if (state === "waiting" && !(await answerStop(run))) return;
  const halt = await runBatches(run);
  if (halt === null) {
    const { targets } = record.current;
    await endOperation(run, { ending: overallEnding(targets), error: overallError(targets) });
  } else if ("cancelledBy" in halt) await endCancelled(run, `cancelled by ${halt.cancelledBy}`);
  else await stopOperation(run, halt.stop);
}
