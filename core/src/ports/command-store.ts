import type { BudgetQuestion } from "../brakes/restart-budget.ts";
import type { Actor, Door } from "../domain/actor.ts";
import type { Approval } from "../domain/approval.ts";
import type { Operation, OperationOrigin } from "../domain/operation.ts";
import type { AuditEntry } from "./audit-log.ts";
import type { Confirmation } from "./plans.ts";

/** All that is written when a command of kind `act` is accepted. */
export interface Acceptance {
  readonly command: string;
  readonly input: unknown;
  readonly actor: Actor;
  readonly door: Door;
  readonly reason: string | null;
  readonly requestId: string;
  readonly origin?: OperationOrigin | undefined;
  /** Unique per wish of a person: Slack `trigger_id`, HTTP `Idempotency-Key`. */
  readonly idempotencyKey: string;
  /** Agents it locks; one command per agent at a time. */
  readonly agents: readonly string[];
  /** Run in order for each agent; once for the incident itself (target `inc-7`) if there are no agents. */
  readonly stages: readonly string[];
  readonly incidentId: string | null;
  /** Who agreed to it, if one person was not enough. */
  readonly approval?: Approval | undefined;
  /** Past the graceful order over the bus. */
  readonly force?: boolean | undefined;
  /** What a person would have typed for it; left out if nothing means just this. */
  readonly typed?: string | undefined;
  /** What a restart or stop must keep to; left out for what interrupts nobody, and where a second person has agreed. */
  readonly budget?: BudgetQuestion | undefined;
  /** The plan that was confirmed, used up with it. */
  readonly confirms?: Confirmation | undefined;
  readonly audit: Omit<AuditEntry, "operationId">;
}

/** Takes commands in: audit intent, operation row, agent locks and job in one transaction. */
export interface CommandStore {
  /**
   * A repeat of an idempotency key returns the first operation with `repeated: true` and writes nothing.
   * A COMMIT whose answer is lost is looked up by the key.
   * @throws Failure "conflict" with the running operation in `detail.found` (its id) if an agent is taken,
   * "too_many_requests" if a brake stands in the way, "unavailable"
   */
  accept(acceptance: Acceptance): Promise<{ operation: Operation; repeated: boolean }>;
  /** The operation that was accepted under this key, or null. @throws Failure "unavailable" */
  find(idempotencyKey: string): Promise<Operation | null>;
}

/** Written to only by the job that runs the operation, in the epoch of its lease. */
export interface OperationProgress {
  /**
   * Stores state, targets and ending, and appends to the audit log in the same transaction; frees the agents when it has
   * ended; raises the revision of the operation and of its incident.
   * @throws Failure "expired" if the lease was lost: another process goes on with it; "unavailable"
   */
  save(operation: Operation, audit?: readonly AuditEntry[]): Promise<Operation>;
}
