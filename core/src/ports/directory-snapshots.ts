import type { WorkspaceGrant, WorkspacePerson, WorkspaceReading } from "../domain/workspace.ts";
import type { WorkspaceProblem } from "./workspace.ts";

/** A person of the list in force, with since when each role is known. */
export interface KnownPerson extends Omit<WorkspacePerson, "grants"> {
  /** `knownSince` in ms since the epoch. */
  readonly grants: readonly (WorkspaceGrant & { readonly knownSince: number })[];
}

/** How things stand, without the people. Ages are by the clock of the store, so that clocks of replicas need not agree. */
export interface DirectoryState {
  /** The list in force, and since when its last complete reading began; null: there never was a complete reading. */
  readonly inForce: { readonly generation: number; readonly ageMs: number } | null;
  /** A newer list that waits, and why. */
  readonly held: { readonly generation: number; readonly because: string; readonly ageMs: number } | null;
  /** What became of the last attempt to read; null: there was none. */
  readonly attempt: {
    readonly ageMs: number;
    readonly problem: WorkspaceProblem | null;
    readonly words: string | null;
  } | null;
}

/** What a complete reading came to. */
export type SaveOutcome = "same" | "new" | "held" | "late";

/** The lists of people and their roles, kept across restarts. A change is audited in the transaction that makes it. */
export interface DirectorySnapshots {
  /** @throws Failure "unavailable" */
  state(): Promise<DirectoryState>;
  /** People of a generation. @throws Failure "unavailable" */
  people(generation: number): Promise<KnownPerson[]>;
  /**
   * Puts a complete reading in force, or holds it if it shrank too much to be believed.
   * @param tookMs since the reading began; one that began before the newest that is there is "late" and changes nothing
   * @throws Failure "unavailable"
   */
  save(reading: WorkspaceReading, tookMs: number): Promise<SaveOutcome>;
  /** Notes an attempt that gave no reading; rights stay as they are. @throws Failure "unavailable" */
  noteFailure(attempt: { problem: WorkspaceProblem; words: string }): Promise<void>;
  /**
   * Puts the held list in force, on somebody's word.
   * @param by `host:root` @returns how many people it has; null if nothing is held @throws Failure "unavailable"
   */
  acceptHeld(by: string, reason: string): Promise<number | null>;
}
