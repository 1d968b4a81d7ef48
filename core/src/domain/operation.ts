import type { Actor, Door } from "./actor.ts";
import type { Approval } from "./approval.ts";

/** State of one stage; the marks of `ux` section 2: ○ ▸ ✓ ✗ –. */
export const STAGE_STATES = ["next", "now", "done", "failed", "skipped"] as const;
export type StageState = (typeof STAGE_STATES)[number];

/** One step of an operation on one agent. Times are ms since the epoch. */
export interface Stage {
  readonly name: string;
  readonly state: StageState;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** What is to be said beside the mark: "by the supervisor: no answer on the bus". */
  readonly detail: string | null;
  readonly error: string | null;
}

/** What one look at an agent found, before or after it was acted on; null is what could not be measured, never 0. */
export interface Measured {
  /** ms since the epoch. */
  readonly at: number;
  /** Events that waited for it. */
  readonly waiting: number | null;
  readonly version: string | null;
  /** Tasks that its process had ended by its last heartbeat, and how many of them badly. */
  readonly handled: number | null;
  readonly failed: number | null;
  /** Mean of that process since it started; null for one that has only just started. */
  readonly perSecond: number | null;
}

/** What an operation does to one agent, and what was measured on the way. */
export interface TargetProgress {
  readonly agent: string;
  readonly stages: readonly Stage[];
  /** What a stage must remember across a crash: the epoch before, the pid that was stopped. */
  readonly memory: Readonly<Record<string, string | number | boolean | null>>;
  /** Only of an operation on one agent that is to work afterwards. */
  readonly figures?: { readonly before: Measured; readonly after: Measured | null } | undefined;
  readonly ending: Ending | null;
}

/** How it ended for one agent, or as a whole. */
export const ENDINGS = [
  "done",
  "recovered",
  "did-not-help",
  "did-not-come-back",
  "failed",
  "refused",
  "expired",
  "cancelled",
  "partly",
  "unknown",
  "not-touched",
] as const;
export type Ending = (typeof ENDINGS)[number];

/** What they mean, and which may follow which: domain/operation-states.ts. */
export const OPERATION_STATES = ["queued", "running", "verifying", "waiting", "ended"] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** Why an operation over many agents goes no further until somebody says so. Times are ms since the epoch. */
export interface Stop {
  readonly at: number;
  /** It ends then, if nobody has answered. */
  readonly until: number;
  /** `budget`: too many have failed. `capacity`: a group would have too few at work. */
  readonly rule: "budget" | "capacity";
  /** "budget 1 of 1 used" */
  readonly why: string;
  /** Agents that had failed by then; whoever lets it go on allows as many again as the budget says. */
  readonly failed: number;
  /** Id of the newest `continue` by then: one that was meant for an earlier stop answers no later one. */
  readonly answered: string | null;
}

/** How an operation over many agents is divided. */
export interface Bulk {
  /** Ids of agents: those of one batch side by side, the batches one after another. */
  readonly batches: readonly (readonly string[])[];
  /** It stops when so many agents have failed. */
  readonly budget: number;
  /** Each was answered, but perhaps the last. */
  readonly stops: readonly Stop[];
}

/** What a wish came with, so that work that goes on after a crash still belongs to it. */
export interface OperationOrigin {
  /** W3C trace context of the span that accepted it. */
  readonly traceparent: string;
  readonly correlationId: string | null;
  readonly customerId: string | null;
}

/** A command of kind `act`, from its acceptance to its end. `id` is shown as `op-481`. */
export interface Operation {
  readonly id: string;
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: Door;
  readonly reason: string | null;
  readonly requestId: string;
  /** Not there if nobody handed a trace on. */
  readonly origin?: OperationOrigin | undefined;
  readonly state: OperationState;
  readonly ending: Ending | null;
  /** One sentence for a person when it ended badly. */
  readonly error: string | null;
  readonly targets: readonly TargetProgress[];
  /** Card that it was started from, or that it acts on. */
  readonly incidentId: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Seconds it usually takes, median of earlier ones of the same command and agent; null if there are none. */
  readonly usualSeconds: number | null;
  readonly earlierRuns: number;
  /** Grows with every change; a message shows one revision. */
  readonly revision: number;
  /** Who agreed to it; not there if one person was enough. */
  readonly approval?: Approval | undefined;
  /** Asked for past the graceful order over the bus; not there if it was not. */
  readonly force?: boolean | undefined;
  /** What a person would have typed for it: "restart billing"; not there if nothing means just this. */
  readonly typed?: string | undefined;
  /** When it was found out what had become of an agent of which that was not known; not there otherwise. */
  readonly knownAt?: number | undefined;
  /** The operation that took it back; not there if none did. */
  readonly undoneBy?: string | undefined;
  /** It can no longer be taken back, if it ever could; not there before. */
  readonly undoClosed?: true | undefined;
  /** Not there before it has begun, nor if it is about one agent or about none. */
  readonly bulk?: Bulk | undefined;
}

export const isEnded = (operation: Pick<Operation, "state">): boolean => operation.state === "ended";
/** Whether anything was done to the agent. */
export const isBegun = ({ ending, stages }: Pick<TargetProgress, "ending" | "stages">): boolean =>
  ending !== null || stages.some(({ state }) => state !== "next");
export const nextStage = (target: TargetProgress): Stage | null =>
  target.stages.find((stage) => stage.state === "now" || stage.state === "next") ?? null;

/** Seconds a stage took; null while it has not ended. */
export const stageSeconds = (stage: Stage): number | null =>
  stage.startedAt === null || stage.endedAt === null ? null : (stage.endedAt - stage.startedAt) / 1000;

/** Stages that all wait for their turn. */
export const plannedStages = (names: readonly string[]): Stage[] =>
  names.map((name) => ({ name, state: "next", startedAt: null, endedAt: null, detail: null, error: null }));
