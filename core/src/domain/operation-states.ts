import { ENDINGS, type Ending, type Operation, type OperationState } from "./operation.ts";

/** What each state means to whoever looks at it. */
export const STATE_MEANINGS: Readonly<Record<OperationState, string>> = {
  queued: "accepted and written down; nothing has happened yet",
  running: "at least one agent is being acted on",
  verifying: "what was done is being proven: does the agent work, has its alert cleared",
  waiting: "stopped between two batches until somebody lets it go on or ends it",
  ended: "over; what came of it is its ending",
};

/** One way from state to state. The executor takes no other. */
export interface Transition {
  /** null: it was not there before. */
  readonly from: OperationState | null;
  readonly to: OperationState;
  /** Who causes it. */
  readonly by: string;
  readonly when: string;
  /** Endings that it may come to; only of what ends. */
  readonly endings?: readonly Ending[];
}

/** An agent may have been left alone; an operation as a whole never was. */
const ANY: readonly Ending[] = ENDINGS.filter((ending) => ending !== "not-touched");

// Whatever its state, it ends as failed under a version that does not know its command any more.
export const TRANSITIONS: readonly Transition[] = [
  { from: null, to: "queued", by: "who asked", when: "accepted: row, audit, locks and job at once" },
  { from: null, to: "ended", by: "an admin", when: "carried out by break-glass, and imported", endings: ANY },
  { from: "queued", to: "running", by: "executor", when: "the job runs, and its actor still may" },
  {
    ...{ from: "queued", to: "ended", by: "executor or a person" },
    ...{ when: "rights are gone, the command is not known, or it is cancelled" },
    endings: ["refused", "failed", "cancelled"],
  },
  { from: "running", to: "verifying", by: "executor", when: "only proofs are left for now" },
  { from: "verifying", to: "running", by: "executor", when: "the next agents begin" },
  { from: "running", to: "waiting", by: "executor", when: "the failure budget is used, or capacity is short" },
  { from: "verifying", to: "waiting", by: "executor", when: "the failure budget is used, or capacity is short" },
  { from: "waiting", to: "running", by: "a person", when: "continue" },
  {
    ...{ from: "waiting", to: "ended", by: "a person or time" },
    ...{ when: "cancel, or nobody has answered in 10 min", endings: ["cancelled", "failed"] },
  },
  {
    ...{ from: "running", to: "ended", by: "executor or a person" },
    ...{ when: "every agent has its ending, or it is cancelled", endings: ANY },
  },
  {
    ...{ from: "verifying", to: "ended", by: "executor or a person" },
    ...{ when: "every agent has its ending, or it is cancelled", endings: ANY },
  },
];

/** The one change of what has ended: not the executor's, but that of the leader, which asks (reconcile-operation.ts). */
export const FOUND_OUT: Transition = {
  ...{ from: "ended", to: "ended", by: "leader", when: "its ending was unknown, and what became of it is found out" },
  endings: ANY,
};

type Standing = Pick<Operation, "state" | "ending">;

/** Whether an operation that stands so may become so; one that goes on in its state always may. */
export function mayBecome(before: Standing | null, after: Standing): boolean {
  if (before !== null && before.state === after.state) return before.state !== "ended";
  return TRANSITIONS.some(
    ({ from, to, endings }) =>
      from === (before?.state ?? null) &&
      to === after.state &&
      (after.ending === null ? endings === undefined : endings?.includes(after.ending) === true),
  );
}
