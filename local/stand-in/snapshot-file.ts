import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

// Many changes in a row cost one write.
const DELAY_MS = 200;

/** One JSON file that is replaced as a whole: after a crash it holds the old or the new state, never half of one. */
export class SnapshotFile<State> {
  readonly #path: string | null;
  readonly #read: () => State;
  #timer: NodeJS.Timeout | null = null;

  /** @param path null keeps nothing */
  constructor(path: string | null, read: () => State) {
    this.#path = path;
    this.#read = read;
  }

  /**
   * What the file holds; null if there is none. A file that cannot be read is put aside, so that a start never fails for it.
   * @returns in `broken` where the unreadable file lies now
   */
  load(isState: (value: unknown) => value is State): { state: State | null; broken: string | null } {
    if (this.#path === null || !existsSync(this.#path)) return { state: null, broken: null };
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path, "utf8"));
      if (isState(value)) return { state: value, broken: null };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    const broken = `${this.#path}.broken-${Date.now()}`;
    renameSync(this.#path, broken);
    return { state: null, broken };
  }

  /** Writes soon. */
  changed(): void {
    if (this.#path === null || this.#timer !== null) return;
    this.#timer = setTimeout(() => this.flush(), DELAY_MS);
  }

  /** Writes now, if something changed. */
  flush(): void {
    if (this.#path === null || this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    mkdirSync(dirname(this.#path), { recursive: true });
    const half = `${this.#path}.new`;
    const file = openSync(half, "w", 0o600);
    try {
      writeSync(file, JSON.stringify(this.#read()));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(half, this.#path);
  }
}
