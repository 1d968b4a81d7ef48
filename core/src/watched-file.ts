import { stat } from "node:fs/promises";
import { isFailure } from "./domain/failure.ts";

/** A file that is read again when it changes; a version with a problem leaves the last good one in force. */
export interface WatchedFile<Value> {
  readonly current: () => Value;
  /** What is wrong with the file as it is now; null if `current` is what stands in it. */
  readonly problem: () => string | null;
  /**
   * Reads the file if it has changed and looked the same at two checks: one that is being written is left alone.
   * @returns whether `current` is new
   */
  check(): Promise<boolean>;
}

export interface WatchedFileOptions<Value> {
  readonly path: string;
  /** @throws Failure "invalid_input" with what is wrong */
  readonly read: (path: string) => Promise<Value>;
  /** Called once for each new problem. */
  readonly onProblem: (problem: string) => void;
}

/** Opens a file that must be good at the start. @throws Failure "invalid_input" */
export async function openWatchedFile<Value>(options: WatchedFileOptions<Value>): Promise<WatchedFile<Value>> {
  const { path, read, onProblem } = options;
  let seen = await stampOf(path);
  let before = seen;
  let current = await read(path);
  let problem: string | null = null;
  return {
    current: () => current,
    problem: () => problem,
    async check() {
      const stamp = await stampOf(path);
      const isSettled = stamp === before;
      before = stamp;
      if (stamp === seen || !isSettled) return false;
      seen = stamp;
      try {
        current = await read(path);
        problem = null;
        return true;
      } catch (error) {
        if (!isFailure(error)) throw error;
        problem = error.message;
        onProblem(problem);
        return false;
      }
    },
  };
}

// Polling also sees files that are replaced, mounted or edited on a network drive.
async function stampOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found === null ? "gone" : `${found.mtimeMs} ${found.size} ${found.ino}`;
}
