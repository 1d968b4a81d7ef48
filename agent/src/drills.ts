import type { Log } from "./log.ts";
import type { Outcome } from "./replies.ts";
import type { WorkQueue } from "./work-queue.ts";

/** Faults that an agent can be told to have, to rehearse them. */
export const FAULTS = ["crash", "hang", "stop-consuming"] as const;
export type Fault = (typeof FAULTS)[number];
/** The fault that is none: it has no effect, is allowed everywhere, and shows from outside that the ledger works. */
const NO_FAULT = "none";
export const isFault = (name: string | undefined): name is Fault => FAULTS.some((fault) => fault === name);

export interface Drills {
  /** Why this fault is not rehearsed here; null if it may be. */
  refuse(fault: string | undefined): Outcome | null;
  begin(fault: Fault): void;
}

/** @param allowed only an agent that was started for drills obeys them */
export function createDrills(allowed: boolean, parts: { queue: WorkQueue; log: Log }): Drills {
  return {
    refuse(fault) {
      if (fault === NO_FAULT) return null;
      if (!allowed)
        return { outcome: "refused", detail: "drills are not allowed here (ROLLCALL_ALLOW_DRILLS is not true)" };
      if (isFault(fault)) return null;
      return { outcome: "refused", detail: `no such fault "${fault}"; known are ${FAULTS.join(", ")}` };
    },
    begin(fault) {
      parts.log.warn("a drill begins", { fault });
      // What a crash looks like from outside: no goodbye, no last heartbeat.
      if (fault === "crash") process.kill(process.pid, "SIGKILL");
      else if (fault === "hang") parts.queue.hang();
      else parts.queue.close();
    },
  };
}
