import type { FiringAlert, FoundSilence, WantedSilence } from "../domain/silence.ts";

/** What is not sent to anybody for a while. */
export interface Silences {
  /** Those of Rollcall for this fleet that are in force. @throws Failure "unavailable" */
  list(): Promise<FoundSilence[]>;
  /**
   * Opens a silence, or moves the end of one that mutes the same.
   * @param found the one to be renewed; undefined opens another one
   * @returns its id, which is another one if the old one had ended
   * @throws Failure "unavailable"
   */
  put(silence: WantedSilence, now: number, found?: FoundSilence): Promise<string>;
  /** Ends one; nothing happens if it has ended. @throws Failure "unavailable" */
  end(id: string): Promise<void>;
  /** What fires of these agents, muted or not. @throws Failure "unavailable" */
  firing(agents: readonly string[]): Promise<FiringAlert[]>;
}
