import type { Actor, Door } from "../domain/actor.ts";
import type { ApprovalRequest, RequestState } from "../domain/approval.ts";
import type { AuditEntry } from "./audit-log.ts";
import type { Acceptance } from "./command-store.ts";
import type { Confirmation } from "./plans.ts";

/** What is written when a second person is asked. */
export interface RequestDraft
  extends Pick<ApprovalRequest, "command" | "input" | "actor" | "door" | "reason" | "requestId" | "idempotencyKey">,
    Pick<ApprovalRequest, "targets" | "hash" | "policyVersion" | "incidentId" | "rule" | "why" | "force" | "plan"> {
  readonly expiresInSeconds: number;
  /** The plan that was confirmed, used up with it. */
  readonly confirms?: Confirmation | undefined;
}

/** How a request is to end. */
export interface Settlement {
  readonly id: string;
  readonly state: Exclude<RequestState, "waiting">;
  /** The request as it was looked at; another hash is another request. */
  readonly hash: string;
  readonly by: Pick<Actor, "id" | "name">;
  readonly door: Door;
  readonly reason: string | null;
  readonly audit: AuditEntry;
  /** The command itself, for `approved`: accepted in the same transaction. */
  readonly acceptance?: Acceptance;
}

/** Requests for a second person: each ends once, in one way. */
export interface ApprovalRequests {
  /** A repeat of an idempotency key returns the first request and writes nothing. @throws Failure "unavailable" */
  ask(draft: RequestDraft, audit: AuditEntry): Promise<{ request: ApprovalRequest; repeated: boolean }>;
  /** @returns null if there is none @throws Failure "unavailable" */
  find(id: string): Promise<ApprovalRequest | null>;
  /** The request of this idempotency key, or null. @throws Failure "unavailable" */
  findByKey(idempotencyKey: string): Promise<ApprovalRequest | null>;
  /** Newest first. @param filter `before`: those that are older than this id @throws Failure "unavailable" */
  list(filter: { waiting?: boolean; before?: string; limit: number }): Promise<ApprovalRequest[]>;
  /**
   * Ends a request that waits. The same settlement by the same person again is answered with what it became.
   * @throws Failure "not_found"; "conflict" if it has ended otherwise, was changed, or its agents are taken; "expired" if its
   * time is over, and then it is stored as expired; "unavailable"
   */
  settle(settlement: Settlement): Promise<ApprovalRequest>;
  /** Ends those whose time is over. @returns them @throws Failure "unavailable" */
  expire(): Promise<ApprovalRequest[]>;
}
