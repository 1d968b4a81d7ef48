import { setImmediate } from "node:timers/promises";
import { isFailure } from "../domain/failure.ts";
import type { LogLine } from "../domain/log-line.ts";
import type { Clock } from "../ports/clock.ts";
import type { LogPiece, LogSource } from "../ports/log-source.ts";
import type { LogStore } from "../ports/log-store.ts";
import { createLineBudget, type Weighed } from "./line-budget.ts";
import { parseLogLines } from "./parse-log-lines.ts";

/** Is told how the reading goes. */
export interface CollectWatch {
  /** A piece was read and kept. */
  kept(piece: { place: string; at: number; lines: readonly LogLine[]; leftOut: number; lostBytes: number }): void;
  /** The place cannot be read; told at each attempt. */
  failed(place: string): void;
  /** Told when it begins, and with null when it works again. */
  problem(place: string, problem: string | null): void;
}

export interface CollectOptions {
  readonly source: LogSource;
  readonly store: Pick<LogStore, "cursor" | "keep" | "noteProblem">;
  readonly clock: Clock;
  /** Of each agent and service. */
  readonly linesPerSecond: number;
  /** What is older is not kept. */
  readonly keptDays: number;
  readonly watch: CollectWatch;
}

// 40,000 lines; then the others that wait for their turn get it, and it goes on at the next pass.
const MOST_PIECES = 20;
const DAY_MS = 86_400_000;
/** So often it is noted that a place was read, while nothing comes from it, or that it still cannot be read. */
const NOTE_MS = 5_000;

/**
 * Brings what one place holds into the store, from where it was left.
 * @returns one pass; it ends when there is no more, or after 20 pieces. Passes must not overlap.
 * @throws Failure "unavailable" of the store; a place that cannot be read is noted there instead
 */
export function collectFrom(options: CollectOptions): () => Promise<void> {
  const collector = new Collector(options);
  return async () => {
    for (let piece = 0; piece < MOST_PIECES && (await collector.step()); piece += 1) await setImmediate();
  };
}

class Collector {
  readonly #options: CollectOptions;
  readonly #budget: ReturnType<typeof createLineBudget>;
  /** Undefined: to be asked of the store. */
  #cursor: string | null | undefined;
  #problem: string | null = null;
  #notedAt = Number.NEGATIVE_INFINITY;

  constructor(options: CollectOptions) {
    this.#options = options;
    this.#budget = createLineBudget(options.linesPerSecond);
  }

  /** Reads and keeps one piece. @returns whether there is more already */
  async step(): Promise<boolean> {
    const { source, store } = this.#options;
    this.#cursor ??= await store.cursor(source.name);
    const before = this.#cursor;
    const piece = await this.#read(before);
    if (piece === null) return false;
    const now = this.#options.clock.now();
    const weighed = this.#weigh(piece, now);
    const isQuiet = weighed.lines.length === 0 && piece.cursor === before;
    if (isQuiet && now - this.#notedAt < NOTE_MS) {
      this.#tellKept(piece, weighed, now);
      return piece.hasMore;
    }
    const { name } = source;
    if (!(await store.keep({ source: name, before, after: piece.cursor, lines: weighed.lines }))) {
      // Another control service was the leader meanwhile, or is.
      this.#cursor = undefined;
      return false;
    }
    this.#cursor = piece.cursor;
    this.#notedAt = now;
    weighed.commit();
    this.#tellKept(piece, weighed, now);
    return piece.hasMore;
  }

  async #read(cursor: string | null): Promise<LogPiece | null> {
    try {
      return await this.#options.source.read(cursor);
    } catch (error) {
      if (!isFailure(error)) throw error;
      await this.#fail(error.message);
      return null;
    }
  }

  async #fail(problem: string): Promise<void> {
    const { source, store, clock, watch } = this.#options;
    watch.failed(source.name);
    const isNew = this.#problem === null;
    this.#problem = problem;
    // Once: the line about it may come back to us as a line of our own log.
    if (isNew) watch.problem(source.name, problem);
    const now = clock.now();
    if (!isNew && now - this.#notedAt < NOTE_MS) return;
    this.#notedAt = now;
    await store.noteProblem(source.name, problem);
  }

  #weigh({ lines }: LogPiece, now: number): Weighed {
    const oldest = now - this.#options.keptDays * DAY_MS;
    const parsed = parseLogLines(lines, now).filter(({ at }) => at >= oldest);
    return this.#budget.weigh(parsed, now);
  }

  #tellKept({ lostBytes }: LogPiece, { lines, leftOut }: Weighed, at: number): void {
    const { source, watch } = this.#options;
    watch.kept({ place: source.name, at, lines, leftOut, lostBytes });
    if (this.#problem !== null) watch.problem(source.name, null);
    this.#problem = null;
  }
}
