import type { Operation } from "../domain/operation.ts";

/** The durable rows of commands. */
export interface Operations {
  /** @returns null if there is none @throws Failure "unavailable" */
  find(id: string): Promise<Operation | null>;
  /** Newest first. @throws Failure "unavailable" */
  list(filter: { running?: boolean; agent?: string; command?: string; limit: number }): Promise<Operation[]>;
  /** Seconds of earlier recovered restarts of the agent, for "usually 38 s", and how many helped. @throws Failure "unavailable" */
  history(command: string, agent: string): Promise<{ tried: number; helped: number; medianSeconds: number | null }>;
}
