import type { ActContext } from "../command.ts";

/** How long the stages of starting and stopping wait, in ms. */
export interface LifecycleLimits {
  /** For the work loop to finish its item. */
  readonly graceMs: number;
  /** Beyond the grace, for the process to be gone. */
  readonly exitSlackMs: number;
  readonly pollMs: number;
  /** From starting to the first heartbeat. */
  readonly startMs: number;
  /** From the first heartbeat to rung 4. */
  readonly workMs: number;
  readonly echoMs: number;
  readonly canaryMs: number;
  /** For how long a process that has ended may be away before it counts as gone: a runtime may start it again by itself. */
  readonly goneMs: number;
  /** For the alert to resolve once the agent works. */
  readonly clearMs: number;
  readonly clearPollMs: number;
  /** For all copies to be ready: their images may have to come first. */
  readonly copiesMs: number;
}

/**
 * What is left of a wait in a stage that another control service has begun, so that it ends however often it changes hands.
 * A third of it is left for a proof at least: what was away together with that one, agents behind a Redis or an Alertmanager
 * with an ended alert, needs a moment to be heard again.
 */
export const proofLeft = (withinMs: number, { begunMs = 0 }: Pick<ActContext, "begunMs">): number =>
  Math.max(withinMs / 3, withinMs - begunMs);

export const LIFECYCLE_LIMITS: LifecycleLimits = {
  graceMs: 5000,
  exitSlackMs: 300,
  pollMs: 100,
  startMs: 30_000,
  workMs: 30_000,
  echoMs: 2000,
  canaryMs: 5000,
  goneMs: 2000,
  clearMs: 60_000,
  clearPollMs: 1000,
  copiesMs: 120_000,
};
