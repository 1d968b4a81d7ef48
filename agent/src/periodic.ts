import { withContext } from "@rollcall/core/protocol/request-context.ts";
import { inSpan } from "@rollcall/core/protocol/span.ts";
import type { PeriodicWork, WorkContext } from "./handler.ts";
import { messageOf } from "./log.ts";
import type { TaskMeter } from "./metrics/latency.ts";
import { Interrupted, pause } from "./persist.ts";
import type { WorkQueue } from "./work-queue.ts";

export interface PeriodicParts {
  readonly queue: WorkQueue;
  readonly meter: TaskMeter;
  readonly context: WorkContext;
  /** Resolves when new work may be begun. */
  opened(signal: AbortSignal): Promise<void>;
}

/** Puts the work into the loop once per period; while one waits or runs there is no second one. */
export async function runPeriodically(work: PeriodicWork, parts: PeriodicParts): Promise<void> {
  const { signal } = parts.context;
  let dueAt = performance.now() + (work.firstAfterMs ?? work.everyMs);
  while (!signal.aborted) {
    await pause(Math.max(0, dueAt - performance.now()), signal);
    await parts.opened(signal);
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      parts.queue.add({ name: work.name, run: () => attempt(work, parts).finally(resolve) });
    });
    // Periods that passed while the loop was busy are not made up for.
    dueAt = Math.max(dueAt + work.everyMs, performance.now());
  }
}

async function attempt(work: PeriodicWork, { meter, context }: PeriodicParts): Promise<void> {
  try {
    await withContext({}, () =>
      inSpan("run periodic work", { attributes: { "rollcall.work.name": work.name } }, () => work.run(context)),
    );
    meter.done();
  } catch (error) {
    if (error instanceof Interrupted) return;
    meter.failed();
    context.log.warn("periodic work failed; it comes again", { work: work.name, reason: messageOf(error) });
  }
}
