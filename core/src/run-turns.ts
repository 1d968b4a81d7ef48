import type { Operation, Stop } from "./domain/operation.ts";
import { progressOf, progressWords } from "./domain/progress.ts";
import { decideBegin } from "./execution-rights.ts";
import { divideAgents } from "./group-capacity.ts";
import { hasFailed, leaveTarget, overallError, refuseTarget, skipRest } from "./operation-course.ts";
import { untilStored } from "./operation-record.ts";
import type { StageRun } from "./run-stages.ts";

/** As long as a second person has (design section 6). */
const ANSWER_SECONDS = 600;

/**
 * Begins what was queued, unless it was cancelled before. Asks the policy once more: rights may have gone since it was accepted.
 * @returns false if that has ended it
 */
export async function beginOperation(run: StageRun): Promise<boolean> {
  const { record, command, execution, wishes } = run;
  const { ports, commands } = execution;
  const { cancelledBy } = await untilStored(execution, () => wishes.look());
  if (cancelledBy !== null) {
    await endCancelled(run, `cancelled by ${cancelledBy}`);
    return false;
  }
  const fleet = await untilStored(execution, () => ports.registry.expected());
  const { decision, role } = await decideBegin(record.current, command, { ports, commands, fleet });
  if (!decision.allowed) {
    const { rule, why } = decision;
    const refusal = record.entry("decision", { decision: "refused", rule, detail: { why } });
    await record.save(
      ({ targets }) => ({
        targets: targets.map((target) => refuseTarget(target, null)),
        ...{ state: "ended", ending: "refused", error: why, endedAt: ports.clock.now() },
      }),
      [refusal],
    );
    return false;
  }
  const bulk = await untilStored(execution, () => divideAgents(record.current, command, ports));
  const batches = bulk === null ? {} : { batches: bulk.batches, budget: bulk.budget };
  const dispatch = record.entry("dispatch", { decision: "allowed", rule: decision.rule, detail: { role, ...batches } });
  await record.save(
    () => ({ state: "running", startedAt: ports.clock.now(), ...(bulk !== null && { bulk }) }),
    [dispatch],
  );
  return true;
}

/** Stores that it goes no further, and what for; whoever runs its next job looks for an answer. */
export async function stopOperation(run: StageRun, { rule, why }: Pick<Stop, "rule" | "why">): Promise<void> {
  const { record, execution, wishes } = run;
  const { answerSeconds = ANSWER_SECONDS, ports } = execution;
  const { answered } = await untilStored(execution, () => wishes.look());
  const { bulk, targets } = record.current;
  if (bulk === undefined) throw new Error(`${record.current.id} is not divided into batches`);
  const at = ports.clock.now();
  const until = at + answerSeconds * 1000;
  const stop: Stop = { at, until, rule, why, failed: targets.filter(hasFailed).length, answered };
  const row = record.entry("dispatch", { action: "stopped", detail: { rule, why } });
  await record.save(() => ({ state: "waiting", bulk: { ...bulk, stops: [...bulk.stops, stop] } }), [row]);
}

/**
 * Looks what was answered to the last stop.
 * @returns true if it goes on; false if that has ended it, or nobody has answered yet
 */
export async function answerStop(run: StageRun): Promise<boolean> {
  const { record, execution, wishes } = run;
  const { cancelledBy, continuedBy } = await untilStored(execution, () => wishes.look());
  const stop = record.current.bulk?.stops.at(-1);
  if (cancelledBy !== null) await endCancelled(run, `cancelled by ${cancelledBy}`);
  else if (continuedBy !== null) {
    await record.save(
      () => ({ state: "running" }),
      [record.entry("dispatch", { action: "continued", detail: { by: continuedBy } })],
    );
    return true;
  } else if (stop === undefined || stop.until <= execution.ports.clock.now()) {
    const minutes = stop === undefined ? 0 : Math.round((stop.until - stop.at) / 60_000);
    await endCancelled(run, `stopped (${stop?.why ?? "nobody knows why"}), and nobody answered in ${minutes} min`);
  }
  return false;
}

/** Ends it where it stands; those that were begun have their endings by now, the others are not touched. */
export async function endCancelled(run: Pick<StageRun, "record" | "execution">, by: string): Promise<void> {
  const { targets, state } = run.record.current;
  const left = targets.map((target) => (target.ending === null ? leaveTarget(target) : target));
  const progress = progressOf({ targets: left, state });
  const first = overallError(left);
  const where = progress.untouched === progress.total ? "before anything was done" : progressWords(progress);
  const said = progress.untouched === progress.total ? `${by} ${where}` : `${by}: ${where}`;
  const error = first === null ? said : `${said}. ${first}`;
  await endOperation(run, { ending: "cancelled", error, targets: left });
}

type End = Pick<Operation, "ending" | "error"> & Partial<Pick<Operation, "targets">>;

/** Stores how it ended, with the audit row. */
export async function endOperation(
  { record, execution }: Pick<StageRun, "record" | "execution">,
  end: End,
): Promise<void> {
  const { ending, error } = end;
  const endedAt = execution.ports.clock.now();
  const targets = (end.targets ?? record.current.targets).map((target) => ({
    ...target,
    stages: skipRest(target.stages),
    ending: target.ending ?? ending,
  }));
  const outcome = record.entry("outcome", {
    detail: { ending, error, ...measure({ ...record.current, endedAt, targets }) },
  });
  await record.save(() => ({ state: "ended", ending, error, endedAt, targets }), [outcome]);
}

/** Stages and seconds for the audit row: what was proven, not what was said. */
function measure({ startedAt, createdAt, endedAt, targets }: Operation): Record<string, unknown> {
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
