import type { RunEnd } from "../protocol/run-report.ts";

/** One run as it was reported. Times are Redis time in ms. */
export interface Run {
  readonly id: string;
  readonly name: string;
  /** Who began it. */
  readonly agent: string;
  readonly parent: string | null;
  /** The furthest step that was reached; 0: none yet. */
  readonly step: number;
  readonly steps: number;
  readonly withinSeconds: number;
  readonly startedAt: number;
  /** When something was last reported of it. */
  readonly heardAt: number;
  readonly endedAt: number | null;
  /** null: nobody has said how it ended. */
  readonly outcome: RunEnd["outcome"] | null;
  readonly detail: string | null;
}

export interface ReachedStep {
  readonly step: number;
  readonly name: string;
  readonly agent: string;
  readonly reachedAt: number;
}

/** Reads what was reported of runs. */
export interface Runs {
  /** Newest first. @param filter.agents that began them or took part; all if left out @throws Failure "unavailable" */
  list(filter: { agents?: readonly string[]; limit: number }): Promise<Run[]>;
  /** @returns null if there is none @throws Failure "unavailable" */
  find(id: string): Promise<{ run: Run; reached: ReachedStep[] } | null>;
}
