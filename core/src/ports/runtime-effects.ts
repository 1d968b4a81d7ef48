import type { ProcessState } from "./supervisor.ts";

/** The process that an effect met; another one since then is its work, or that of somebody later. */
export interface ProcessBefore {
  readonly pid: number | null;
  readonly startedAt: number | null;
}

/** One effect on a runtime, from the intent on. */
export interface RuntimeEffect {
  /** `start billing`; the same id may not be used for anything else. */
  readonly effect: string;
  readonly before: ProcessBefore;
  /** Null: begun, and nobody knows what became of it. */
  readonly answer: ProcessState | null;
}

/** Which command ids had an effect on a runtime; kept for a day. */
export interface RuntimeEffects {
  /** @returns null if the id is new @throws Failure "unavailable" */
  find(commandId: string): Promise<RuntimeEffect | null>;
  /** Returns when the intent is stored; an id that is there already stays as it is. @throws Failure "unavailable" */
  begin(commandId: string, effect: string, before: ProcessBefore): Promise<void>;
  /** @throws Failure "unavailable" */
  finish(commandId: string, answer: ProcessState): Promise<void>;
}
