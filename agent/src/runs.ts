import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { type RunEnd, type RunReport, runReport } from "@rollcall/core/protocol/run-report.ts";
import { seal } from "@rollcall/core/protocol/seal.ts";
import { PROTOCOL_VERSION } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import type { BusClock } from "./clock.ts";
import { persist } from "./persist.ts";

/** Reports wait here for the control service; beyond this the oldest go, and with them what only they said. */
const REPORTS_KEPT = 100_000;

export interface NewRun {
  /** Unique, a-z, 0-9 and -; the same id again is the same run. */
  readonly id: string;
  readonly name: string;
  /** Steps that it will have. */
  readonly of: number;
  readonly parent?: string;
  /** Agents that may say how it ended, beside this one. */
  readonly endedBy?: readonly string[];
  /** Usual upper time; not ended then, it is shown as unfinished. */
  readonly withinSeconds: number;
}

/** Each waits until Redis has taken the report. A report that is made twice counts once. */
export interface RunReporter {
  /** @throws Error if the run is not of the form that the protocol allows */
  start(run: NewRun): Promise<void>;
  step(run: string, step: number, name: string): Promise<void>;
  end(run: string, outcome: RunEnd["outcome"], detail?: string): Promise<void>;
}

export interface RunReporterParts {
  readonly control: Redis;
  readonly keys: Keys;
  readonly agent: string;
  readonly key: string;
  readonly clock: BusClock;
  readonly signal: AbortSignal;
}

/** Reports runs, sealed with the agent's key. */
export function createRunReporter({ control, keys, agent, key, clock, signal }: RunReporterParts): RunReporter {
  const send = async (said: Record<string, unknown>): Promise<void> => {
    const report: RunReport = runReport.parse({ v: PROTOCOL_VERSION, agent, at: clock.now(), ...said });
    const sealed = seal(key, report);
    await persist(() => control.xadd(keys.runs, "MAXLEN", "~", REPORTS_KEPT, "*", "agent", agent, "m", sealed), signal);
  };
  return {
    start: ({
      id,
      name,
      of,
      parent = null,
      endedBy = [],
      withinSeconds,
    }: Omit<NewRun, "parent"> & { parent?: string | null }) =>
      send({ kind: "start", run: id, name, of, parent, endedBy, withinSeconds }),
    step: (run, step, name) => send({ kind: "step", run, step, name }),
    end: (run, outcome, detail) => send({ kind: "end", run, outcome, detail: detail?.slice(0, 200) ?? null }),
  };
}
