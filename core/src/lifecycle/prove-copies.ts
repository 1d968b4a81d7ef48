import type { ActContext, FoundOut, StageResult } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import type { TargetProgress } from "../domain/operation.ts";
import type { Copies } from "../ports/runtime.ts";
import { waitUntil } from "../wait-until.ts";
import { LIFECYCLE_LIMITS, type LifecycleLimits, proofLeft } from "./limits.ts";

/**
 * Waits until the runtime calls so many copies ready and has no others; of an agent that is stopped, none.
 * @param copies how many were asked for
 * @throws Failure "unavailable" if the runtime does not answer at the end of the time; repeat it
 */
export async function proveCopies(
  { agent, copies }: Pick<TargetProgress, "agent"> & { copies: number },
  context: ActContext,
  limits: LifecycleLimits = LIFECYCLE_LIMITS,
): Promise<StageResult> {
  let said = "";
  const look = async (): Promise<StageResult | null> => {
    const seen = await countCopies(agent, context);
    const found = judgeCopies(seen, copies);
    if (found === null && said !== wordsOf(seen)) await context.say?.(wordsOf(seen));
    said = wordsOf(seen);
    return found;
  };
  const { value, failure } = await waitUntil(look, {
    ...{ withinMs: proofLeft(limits.copiesMs, context), everyMs: limits.pollMs },
  });
  if (value !== null) return value;
  if (failure !== null) throw failure;
  const error = `${said} after ${Math.round(limits.copiesMs / 1000)} s. The runtime goes on trying`;
  return { state: "failed", error, ending: "failed" };
}

/**
 * What became of scaling: the runtime is asked once.
 * @returns null: not all are ready yet @throws Failure "unavailable"
 */
export async function findOutCopies(
  { agent, copies }: Pick<TargetProgress, "agent"> & { copies: number },
  context: ActContext,
): Promise<FoundOut | null> {
  return judgeCopies(await countCopies(agent, context), copies);
}

async function countCopies(agent: string, { ports: { supervisor } }: ActContext): Promise<Copies | null> {
  if (supervisor.copies === undefined)
    throw new Failure("unavailable", `the copies of ${agent} cannot be counted here`);
  return supervisor.copies(agent);
}

function judgeCopies(seen: Copies | null, copies: number): FoundOut | null {
  if (seen === null) return null;
  const { wanted, existing, ready } = seen;
  if (wanted === 0) return done(`it is stopped, and starts as ${many(copies)}`);
  if (wanted !== copies)
    return { state: "failed", ending: "failed", error: `somebody else wants ${many(wanted)} of it by now` };
  return existing === copies && ready === copies ? done(`${ready} of ${copies} ready`) : null;
}

const done = (detail: string): FoundOut => ({ state: "done", ending: "done", detail });
const many = (copies: number): string => (copies === 1 ? "1 copy" : `${copies} copies`);

function wordsOf(seen: Copies | null): string {
  if (seen === null) return "the runtime has not taken it up yet";
  const { wanted, existing, ready } = seen;
  const surplus = existing > wanted ? `, ${existing - wanted} too many are still there` : "";
  return `${ready} of ${wanted} ready${surplus}`;
}
