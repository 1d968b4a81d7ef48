import type { KeptLogLine, LogLevel, LogLine } from "../domain/log-line.ts";

/** Which lines are wanted; a condition that is left out lets all through. */
export interface LogFilter {
  /** Agents and services by name; none: nothing is found. */
  readonly sources?: readonly string[] | undefined;
  /** This level and worse. */
  readonly level?: LogLevel | undefined;
  /** Milliseconds since the epoch, the moment itself included. */
  readonly from?: number | undefined;
  /** The moment itself not included. */
  readonly to?: number | undefined;
  /** Each of these stands somewhere in text, fields (`name=value`), trace, run or operation, in any case of its letters. */
  readonly words?: readonly string[] | undefined;
  /** Regular expression of PostgreSQL that the text fits, in any case of its letters. */
  readonly pattern?: string | undefined;
  readonly trace?: string | undefined;
  readonly run?: string | undefined;
  readonly operation?: string | undefined;
  /** Names and values of fields, all of which fit. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/** Lines of one stretch of a chart. */
export interface LogCount {
  readonly from: number;
  readonly counts: Readonly<Partial<Record<LogLevel, number>>>;
}

/** How the reading of one source goes. */
export interface LogSourceState {
  readonly name: string;
  /** When it was read last without a problem; null: never. */
  readonly readAt: number | null;
  readonly problem: string | null;
}

/** A line in the order of time. */
export type LogPlace = Pick<KeptLogLine, "at" | "id">;

/** What is kept of all logs, for some days. */
export interface LogStore {
  /**
   * Keeps what was read and where to go on, both or neither.
   * @returns false if somebody else has gone on from that place meanwhile: nothing was kept
   * @throws Failure "unavailable"
   */
  keep(piece: {
    readonly source: string;
    readonly before: string | null;
    readonly after: string;
    readonly lines: readonly LogLine[];
  }): Promise<boolean>;
  /** Where to go on; null: from the beginning. @throws Failure "unavailable" */
  cursor(source: string): Promise<string | null>;
  /** Notes that a source could not be read. @throws Failure "unavailable" */
  noteProblem(source: string, problem: string): Promise<void>;
  /** @throws Failure "unavailable" */
  sources(): Promise<LogSourceState[]>;
  /**
   * Newest first by their time; with `behind` the oldest first.
   * @param page.before only lines older than this one
   * @param page.behind only lines newer than this one; null: from the oldest
   * @throws Failure "invalid_input" for a pattern that is none or a search that takes too long, "unavailable"
   */
  search(
    filter: LogFilter,
    page: {
      readonly limit: number;
      readonly before?: LogPlace | undefined;
      readonly behind?: LogPlace | null | undefined;
    },
  ): Promise<KeptLogLine[]>;
  /** Those that were taken in after `id`, in the order in which they were. @throws like `search` */
  after(id: number, filter: LogFilter, limit: number): Promise<KeptLogLine[]>;
  /** The highest id so far; 0 if there is none. @throws Failure "unavailable" */
  newest(): Promise<number>;
  /** How many lines were taken in after `id`, and the highest id of them. @throws Failure "unavailable" */
  taken(id: number): Promise<{ readonly newest: number; readonly counts: LogCount["counts"] }>;
  /** @throws like `search` */
  count(filter: LogFilter & { readonly from: number; readonly to: number }, stepMs: number): Promise<LogCount[]>;
  /** Lets go of what is older than so many days. @returns how many days of lines went @throws Failure "unavailable" */
  forget(keptDays: number): Promise<number>;
}
