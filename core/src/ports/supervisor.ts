import type { Copies } from "./runtime.ts";

/** What a supervisor knows of one agent's process. */
export interface ProcessState {
  readonly agent: string;
  readonly state: "running" | "exited" | "never-started";
  /** Process id, or, of a runtime that tells none, a number that stands for this process and no other. */
  readonly pid: number | null;
  readonly startedAt: number | null;
  /** Last exit: `{code: 137, signal: "SIGKILL", at}`; where the runtime does not keep when, it is when it was seen. */
  readonly exit: { readonly code: number | null; readonly signal: string | null; readonly at: number } | null;
  /** Last lines of standard error, newest last, at most 5, for the card. */
  readonly lastErrors: readonly string[];
}

/**
 * Starts and ends agent processes on a runtime. Every change carries the command's id; a repeat of an id is answered with
 * the first result and has no second effect.
 */
export interface Supervisor {
  /** @throws Failure "unavailable" (not reachable within 2 s) */
  list(): Promise<ProcessState[]>;
  /** @throws Failure "unknown_agent", "unavailable" */
  inspect(agent: string): Promise<ProcessState>;
  /** Starts it if it does not run. @throws Failure "unknown_agent", "unavailable" */
  start(agent: string, commandId: string): Promise<ProcessState>;
  /**
   * Ends the process that is `pid`, waits until it is gone. Another pid is left alone.
   * @param request.graceMs SIGTERM first, SIGKILL if it is still there after so long; left out: SIGKILL at once
   * @throws Failure "unknown_agent", "unavailable"
   */
  kill(agent: string, request: { commandId: string; pid: number; graceMs?: number }): Promise<ProcessState>;
  /**
   * Wants so many copies of it to run; a repeat wants the same. Left out where nothing can be scaled.
   * @throws Failure "invalid_input" if this agent's runtime cannot, "unknown_agent", "unavailable"
   */
  scale?(agent: string, request: { commandId: string; copies: number }): Promise<void>;
  /**
   * How many copies of it there are; left out where nothing can be scaled.
   * @returns null: not known yet
   * @throws Failure "invalid_input" if this agent's runtime cannot scale, "unknown_agent", "unavailable"
   */
  copies?(agent: string): Promise<Copies | null>;
  /**
   * Last lines of standard output and error, the newest last. Left out where nobody keeps them.
   * @throws Failure "invalid_input" if this agent's runtime does not tell, "unknown_agent", "unavailable"
   */
  output?(agent: string, lines: number): Promise<string[]>;
}
