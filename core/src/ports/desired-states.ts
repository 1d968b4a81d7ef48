import type { DesiredState } from "../protocol.ts";

/** Who should run, be stopped or be paused: who wants it so, since when and why. */
export interface DesiredStates {
  /** By agent id; an agent without a row should run. @throws Failure "unavailable" */
  readAll(): Promise<Map<string, DesiredState>>;
  /** Stores the state of these agents and audits the change. @returns how often anything was changed so far @throws Failure "unavailable" */
  set(agents: readonly string[], desired: DesiredState): Promise<number>;
  /** Ends the pauses whose time is over, in the name of the schedule. @param now ms @returns whose @throws Failure "unavailable" */
  endPauses(now: number): Promise<readonly string[]>;
}
