import type { RollCall } from "../domain/roll-call.ts";

/** The newest roll calls. */
export interface RollCalls {
  /** @throws Failure "unavailable" */
  keep(taken: Omit<RollCall, "id">): Promise<RollCall>;
  /** Newest first. @param filter.who only those of these words; all if left out @throws Failure "unavailable" */
  list(filter: { who?: string; limit: number }): Promise<RollCall[]>;
  /** @returns null if there is none, or not any more @throws Failure "unavailable" */
  find(id: string): Promise<RollCall | null>;
  /** The newest of the same words before this one. @returns null if there is none @throws Failure "unavailable" */
  before(roll: Pick<RollCall, "id" | "who">): Promise<RollCall | null>;
}
