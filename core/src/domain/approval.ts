import type { Actor, Door } from "./actor.ts";
import type { Plan } from "./plan.ts";

export const REQUEST_STATES = ["waiting", "approved", "denied", "withdrawn", "expired", "void"] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

/** A second person has this long (design section 6). */
export const REQUEST_SECONDS = 600;

/** A command that waits for a second person. `id` is shown as `req-31`; times are ms since the epoch. */
export interface ApprovalRequest {
  readonly id: string;
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: Door;
  readonly reason: string;
  readonly requestId: string;
  readonly idempotencyKey: string;
  /** What it works on: agents, or the subjects of a command that is about none. */
  readonly targets: readonly string[];
  /** SHA-256 over what the plan is bound to: what the second person agrees to. */
  readonly hash: string;
  readonly policyVersion: string;
  readonly incidentId: string | null;
  /** Asked for past the graceful order over the bus; not there if it was not. */
  readonly force?: boolean | undefined;
  /** What would be done, as it was shown; not there for what was asked before there were plans. */
  readonly plan?: Plan | undefined;
  /** Why one person is not enough. */
  readonly rule: string;
  readonly why: string;
  /** `void`: what it was about changed while it waited, so it can no longer be agreed to. */
  readonly state: RequestState;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly decidedBy: { readonly id: string; readonly name: string } | null;
  readonly decidedDoor: Door | null;
  readonly decidedAt: number | null;
  readonly decisionReason: string | null;
  /** The operation that it became. */
  readonly operationId: string | null;
  readonly revision: number;
}

/** Who agreed to an operation, and where. */
export interface Approval {
  readonly requestId: string;
  readonly by: string;
  readonly name: string;
}
