import type { LogPiece, RawLogLine } from "./log-source.ts";
import type { ProcessState } from "./supervisor.ts";

/** What a runtime knows of one program that it keeps, under the runtime's own name for it. */
export type RuntimeState = Omit<ProcessState, "agent">;

/** How many copies of a program there are. */
export interface Copies {
  readonly wanted: number;
  /** Those that are not on their way out. */
  readonly existing: number;
  /** Those of them that the runtime calls ready. */
  readonly ready: number;
}

/** What programs of a runtime wrote. */
export interface RuntimeLogPiece extends Omit<LogPiece, "lines"> {
  readonly lines: readonly (Pick<RawLogLine, "text" | "at" | "isError"> & {
    /** The runtime's own name of the program. */
    readonly name: string;
  })[];
}

/**
 * A program that keeps processes: PM2, systemd, Docker, Kubernetes. It is told what is wanted and does not know of command
 * ids; that nothing happens twice is the business of `superviseRuntimes`.
 */
export interface Runtime {
  /** As people call it, for what is said: "PM2". */
  readonly label: string;
  /** Null if the runtime has nothing of that name. @throws Failure "unavailable" */
  inspect(name: string): Promise<RuntimeState | null>;
  /** Wants it to run; returns when the runtime has taken that up. @throws Failure "unavailable" */
  start(name: string): Promise<void>;
  /**
   * Ends it and wants it to stay ended.
   * @param graceMs how long it may take to end by itself; 0: at once, by force
   * @throws Failure "unavailable"
   */
  stop(name: string, graceMs: number): Promise<void>;
  /** Wants so many copies to run. Left out where the runtime keeps one of each name. @throws Failure "unavailable" */
  scale?(name: string, copies: number): Promise<void>;
  /**
   * How many copies there are; left out where `scale` is.
   * @returns null: the runtime has not looked since the last change
   * @throws Failure "unavailable"
   */
  copies?(name: string): Promise<Copies | null>;
  /**
   * What these programs wrote after a place, as `LogSource.read` says it; those that there are not wrote nothing. Left out where
   * the runtime keeps no output.
   * @throws Failure "unavailable"
   */
  logs?(names: readonly string[], cursor: string | null): Promise<RuntimeLogPiece>;
}
