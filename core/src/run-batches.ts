import { type Failure, isFailure } from "./domain/failure.ts";
import { isBegun, type Stop, type TargetProgress } from "./domain/operation.ts";
import { decideNext } from "./execution-rights.ts";
import { whoFits } from "./group-capacity.ts";
import { hasFailed, refuseTarget } from "./operation-course.ts";
import { pause, untilStored } from "./operation-record.ts";
import { type StageRun, workOn } from "./run-stages.ts";

/** Why it went no further: a stop that waits for an answer, or somebody's wish that it ends. */
export type Halt = { readonly stop: Pick<Stop, "rule" | "why"> } | { readonly cancelledBy: string };

/** A run whose work can be ended as a whole when one part of it finds that it must not go on. */
export interface BatchRun extends StageRun {
  /** Ends the stages that run side by side. */
  readonly abort: (reason: unknown) => void;
}

/**
 * Works on the agents batch by batch, those of one batch side by side, and judges between them. After a crash it goes on with
 * those that were begun.
 * @returns null if every agent has its ending
 */
export async function runBatches(run: BatchRun): Promise<Halt | null> {
  for (;;) {
    const open = openBatch(run);
    if (open.length === 0) return null;
    const begun = open.filter(isBegun).map(({ agent }) => agent);
    const round = begun.length > 0 ? begun : await nextRound(open, run);
    if (!Array.isArray(round)) return round;
    await sideBySide(round, run);
  }
}

/** Agents without an ending of the first batch that has such. */
function openBatch({ record }: BatchRun): TargetProgress[] {
  const { targets, bulk } = record.current;
  const open = targets.filter(({ ending }) => ending === null);
  const batch = bulk?.batches.find((ids) => open.some(({ agent }) => ids.includes(agent)));
  return batch === undefined ? open.slice(0, 1) : open.filter(({ agent }) => batch.includes(agent));
}

/** @returns the agents to begin now, or why none may */
async function nextRound(open: readonly TargetProgress[], run: BatchRun): Promise<string[] | Halt> {
  const agents = open.map(({ agent }) => agent);
  // Nothing is begun before it is known that nobody has cancelled it.
  await untilStored(run.execution, () => run.wishes.look());
  const halt = cancelledHalt(run) ?? budgetHalt(run);
  if (halt !== null) return halt;
  const isCapacity = run.record.current.bulk !== undefined && run.command.bringsBack === true;
  const fitting = isCapacity ? await untilSeen(agents, run) : agents;
  if (!Array.isArray(fitting)) return fitting;
  const allowed: string[] = [];
  for (const agent of fitting) if (await mayTouch(agent, run)) allowed.push(agent);
  // Asked last: it may have been cancelled while the fleet was looked at.
  return cancelledHalt(run) ?? allowed;
}

function cancelledHalt({ wishes }: BatchRun): Halt | null {
  const by = wishes.cancelledBy();
  return by === null ? null : { cancelledBy: by };
}

function budgetHalt({ record }: BatchRun): Halt | null {
  const { bulk, targets } = record.current;
  if (bulk === undefined) return null;
  const allowed = bulk.budget + (bulk.stops.findLast(({ rule }) => rule === "budget")?.failed ?? 0);
  const failed = targets.filter(hasFailed).length;
  return failed < allowed ? null : { stop: { rule: "budget", why: `budget ${failed} of ${allowed} used` } };
}

const SEEN_WITHIN_SECONDS = 60;

/** Those that may be interrupted now. While nobody can see who works, nobody is. */
async function untilSeen(agents: readonly string[], run: BatchRun): Promise<string[] | Halt> {
  const { execution } = run;
  const { ports, deadlineSeconds = SEEN_WITHIN_SECONDS } = execution;
  const since = ports.clock.now();
  for (let tries = 0; ; tries += 1) {
    try {
      const { agents: fitting, why } = await whoFits(agents, ports);
      return why === null ? [...fitting] : { stop: { rule: "capacity", why } };
    } catch (error) {
      const failure = unlessBug(error);
      const halt = cancelledHalt(run);
      if (halt !== null) return halt;
      if (ports.clock.now() - since > deadlineSeconds * 1000)
        return { stop: { rule: "capacity", why: `${failure.message}, so nobody can see who works` } };
      await pause(execution, tries);
    }
  }
}

function unlessBug(error: unknown): Failure {
  if (isFailure(error) && error.code === "unavailable") return error;
  throw error;
}

/** Before each further agent: who is blocked in the middle of many touches no other one; the first was decided at the beginning. */
async function mayTouch(agent: string, { record, command, execution }: BatchRun): Promise<boolean> {
  if (!record.current.targets.some(isBegun)) return true;
  const decision = decideNext(record.current, command, execution.ports);
  if (decision.allowed) return true;
  const { rule, why } = decision;
  const refusal = record.entry("decision", { decision: "refused", rule, detail: { why }, targets: [agent] });
  await record.save(
    ({ targets }) => ({ targets: targets.map((one) => (one.agent === agent ? refuseTarget(one, why) : one)) }),
    [refusal],
  );
  return false;
}

/** If one of them must not go on, none does. */
async function sideBySide(agents: readonly string[], run: BatchRun): Promise<void> {
  const first: { error?: unknown } = {};
  const work = agents.map(async (agent) => {
    try {
      await workOn(agent, run);
    } catch (error) {
      if (!("error" in first)) first.error = error;
      run.abort(error);
    }
  });
  await Promise.all(work);
  if ("error" in first) throw first.error;
}
