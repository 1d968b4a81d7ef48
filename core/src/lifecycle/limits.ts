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
}

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
};
