/** One raw line, as it was written. */
export interface RawLogLine {
  /** Id of the agent, or name of the service. */
  readonly source: string;
  readonly kind: "agent" | "service";
  readonly text: string;
  /** When the source says it was written, milliseconds since the epoch; null if only the line itself can tell. */
  readonly at: number | null;
  readonly isError: boolean;
}

/** What came since a place in the log. */
export interface LogPiece {
  readonly lines: readonly RawLogLine[];
  /** Where to go on; opaque, at most 64 KB. */
  readonly cursor: string;
  /** There is more already: ask again at once. */
  readonly hasMore: boolean;
  /** Bytes that were gone before they were read (a file that was turned over twice meanwhile); 0 usually. */
  readonly lostBytes: number;
}

/** A place where agents or services leave their lines: files of a host, a runtime. */
export interface LogSource {
  /** Stays the same for good: what was read of it is remembered under this name. */
  readonly name: string;
  /**
   * At most 2,000 lines after `cursor`; null: from the beginning of what is there.
   * The same cursor gives the same lines again as long as they are there.
   * @throws Failure "unavailable" (not reachable within 5 s)
   */
  read(cursor: string | null): Promise<LogPiece>;
}
