import type { Operation } from "../domain/operation.ts";
import type { AuditEntry } from "./audit-log.ts";

/** Operations that have ended although it is not known what became of an agent. */
export interface UnknownOutcomes {
  /** Oldest first, at most 50. @throws Failure "unavailable" */
  list(): Promise<Operation[]>;
  /**
   * Writes what was found out, and its audit row, in one transaction.
   * @param epoch of the lease of the process that asked
   * @returns false if it was changed meanwhile
   * @throws Failure "expired" if the lease was lost; "unavailable"
   */
  settle(operation: Operation, found: { readonly audit: AuditEntry; readonly epoch: number }): Promise<boolean>;
}
