import type { Door } from "../domain/actor.ts";
import type { OfferedPlan, Plan } from "../domain/plan.ts";
import type { AuditEntry } from "./audit-log.ts";

/** A plan that is about to be shown to who asked for it. */
export interface PlanOffer {
  readonly plan: Plan;
  readonly hash: string;
  /** SHA-256 of the token that confirms it. */
  readonly tokenHash: string;
  readonly door: Door;
  readonly reason: string | null;
  readonly requestId: string;
  readonly expiresInSeconds: number;
  /** Id of the plan in whose place it comes, because that one no longer holds. */
  readonly insteadOf: string | null;
}

/** A confirmation: it uses the plan up in the transaction that accepts the command, or asks a second person. */
export interface Confirmation {
  /** `plan-7` */
  readonly plan: string;
  readonly audit: Omit<AuditEntry, "operationId">;
}

/** Plans that were shown; each is confirmed at most once, by what accepts the command. */
export interface Plans {
  /** Stores the plan and its audit row together; what it replaces is `changed` from then on. @throws Failure "unavailable" */
  offer(offer: PlanOffer, audit: AuditEntry): Promise<OfferedPlan>;
  /** By the hash of its token. @returns null if there is none, or none any more after a day @throws Failure "unavailable" */
  find(tokenHash: string): Promise<OfferedPlan | null>;
}
