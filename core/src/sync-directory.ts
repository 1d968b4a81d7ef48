import { type Failure, isFailure } from "./domain/failure.ts";
import type { DirectorySnapshots, SaveOutcome } from "./ports/directory-snapshots.ts";
import { WORKSPACE_PROBLEMS, type Workspace, type WorkspaceProblem } from "./ports/workspace.ts";

/** Time between the beginnings of two readings. */
export const SYNC_MS = 60_000;

export interface SyncDeps {
  readonly workspace: Workspace;
  readonly snapshots: DirectorySnapshots;
  /** Told what each attempt came to. */
  readonly onOutcome: (outcome: SaveOutcome | WorkspaceProblem, words: string) => void;
}

export interface DirectorySync {
  /** Reads the directory if the last attempt of this process is a minute ago, or was made before it led. @throws Failure "unavailable": PostgreSQL */
  runIfDue(): Promise<void>;
}

/** Reads the whole directory again and again; the leader alone calls it. What is not read whole changes nothing. */
export function createDirectorySync({ workspace, snapshots, onOutcome }: SyncDeps): DirectorySync {
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    async runIfDue() {
      if (performance.now() - lastAt < SYNC_MS) return;
      const startedAt = performance.now();
      lastAt = startedAt;
      try {
        const reading = await workspace.read();
        const outcome = await snapshots.save(reading, performance.now() - startedAt);
        onOutcome(outcome, `${reading.people.length} people`);
      } catch (error) {
        const problem = problemOf(error);
        if (problem === null) throw error;
        onOutcome(problem, (error as Failure).message);
        await snapshots.noteFailure({ problem, words: (error as Failure).message });
      }
    },
  };
}

/** @returns null for what is not the directory's: PostgreSQL, or a mistake of ours */
function problemOf(error: unknown): WorkspaceProblem | null {
  const rule = isFailure(error) ? error.detail.rule : undefined;
  return WORKSPACE_PROBLEMS.find((problem) => rule === `directory-${problem}`) ?? null;
}
