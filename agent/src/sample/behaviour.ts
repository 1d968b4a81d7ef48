import type { Handler, PeriodicWork, RunOnDemand } from "../handler.ts";
import type { Log } from "../log.ts";

/** What one sample agent does: its handlers by topic or pattern, and its own periodic work. */
export interface Behaviour {
  readonly handle?: Readonly<Record<string, Handler>>;
  readonly periodic?: readonly PeriodicWork[];
  readonly runs?: Readonly<Record<string, RunOnDemand>>;
}

/** What a sample agent may use when it starts. */
export interface Surroundings {
  /** Directory of its own files. */
  readonly dir: string;
  readonly log: Log;
}

export type MakeBehaviour = (surroundings: Surroundings) => Behaviour | Promise<Behaviour>;
