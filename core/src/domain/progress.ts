import { type Ending, isBegun, type Operation, type TargetProgress } from "./operation.ts";

/** How far an operation is, agent by agent. The first five add up to `total`. */
export interface Progress {
  readonly done: number;
  readonly failed: number;
  /** Being worked on now. */
  readonly working: number;
  /** Begun by nobody: waiting for their turn, or left alone at the end. */
  readonly untouched: number;
  readonly refused: number;
  readonly total: number;
  /** Agents that failed, the first ones first. */
  readonly failedAgents: readonly string[];
  /** Of stages, 0 to 100; 100 only at the end. */
  readonly percent: number;
}

const DONE: readonly (Ending | null)[] = ["done", "recovered"];
const REFUSED: readonly (Ending | null)[] = ["refused", "expired"];

/** What is counted of an operation, as its row or as an API tells it. */
export type Counted = Pick<Operation, "state" | "bulk"> & {
  readonly targets: readonly Pick<TargetProgress, "agent" | "stages" | "ending">[];
};

type Kind = "done" | "failed" | "working" | "untouched" | "refused";

function kindOf(target: Counted["targets"][number]): Kind {
  const { ending } = target;
  if (ending === null) return isBegun(target) ? "working" : "untouched";
  if (ending === "not-touched") return "untouched";
  if (DONE.includes(ending)) return "done";
  return REFUSED.includes(ending) ? "refused" : "failed";
}

/** Counts what has become of the agents of an operation so far. */
export function progressOf({ targets, state }: Pick<Counted, "targets" | "state">): Progress {
  const counts: Record<Kind, number> = { done: 0, failed: 0, working: 0, untouched: 0, refused: 0 };
  for (const target of targets) counts[kindOf(target)] += 1;
  const stages = targets.flatMap((target) => target.stages);
  const over = stages.filter((stage) => stage.state !== "next" && stage.state !== "now").length;
  const share = stages.length === 0 ? 0 : Math.floor((over / stages.length) * 100);
  return {
    ...counts,
    total: targets.length,
    failedAgents: targets.filter((target) => kindOf(target) === "failed").map(({ agent }) => agent),
    percent: state === "ended" ? 100 : Math.min(99, share),
  };
}

/** "4 of 10 done, 1 failed, 5 not touched" */
export function progressWords({ done, failed, working, untouched, refused, total }: Progress): string {
  const parts = [
    `${done} of ${total} done`,
    working > 0 && `${working} under way`,
    failed > 0 && `${failed} failed`,
    refused > 0 && `${refused} refused`,
    untouched > 0 && `${untouched} not touched`,
  ];
  return parts.filter((part) => part !== false).join(", ");
}

/** At most so many of those that failed are named. */
const NAMED = 5;

/**
 * "4 of 10 · 3 working · 1 failed: image-creator · budget 1 of 1 used → stopped · 6 not touched", of an operation over many.
 * @returns null if it is about one agent, or about none
 */
export function bulkWords(operation: Counted): string | null {
  const { bulk, state, targets } = operation;
  if (bulk === undefined) return null;
  const progress = progressOf(operation);
  const { done, failed, working, untouched, refused, total, failedAgents } = progress;
  const more = failed > NAMED ? ` and ${failed - NAMED} more` : "";
  const stop = state === "waiting" ? bulk.stops.at(-1) : undefined;
  const proven = targets.some(({ stages }) => stages.some(({ name }) => name === "working")) ? "working" : "done";
  const parts = [
    `${done + failed + refused} of ${total}`,
    `${done} ${proven}`,
    working > 0 && `${working} under way`,
    failed > 0 && `${failed} failed: ${failedAgents.slice(0, NAMED).join(", ")}${more}`,
    refused > 0 && `${refused} refused`,
    stop !== undefined && `${stop.why} → stopped`,
    untouched > 0 &&
      `${untouched} ${state === "queued" || state === "running" || state === "verifying" ? "to go" : "not touched"}`,
  ];
  return parts.filter((part) => part !== false).join(" · ");
}

/**
 * Seconds that are left by what it took earlier; null if nothing is known of that, or it waits for somebody. Of many agents
 * those of a batch are worked on side by side, and what was waited for an answer does not count.
 * @param now ms since the epoch
 */
export function secondsLeft(operation: Operation, now: number): number | null {
  const { bulk, usualSeconds, state, targets, createdAt } = operation;
  if (usualSeconds === null || state === "ended" || state === "waiting") return null;
  if (bulk === undefined || targets.length === 0) return usualSeconds - (now - createdAt) / 1000;
  const stages = targets.flatMap((target) => target.stages);
  const left = stages.filter((stage) => stage.state === "next" || stage.state === "now").length;
  return (usualSeconds / targets.length) * bulk.batches.length * (left / stages.length);
}
