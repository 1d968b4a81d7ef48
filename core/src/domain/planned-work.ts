import type { WantedSilence } from "./silence.ts";

/** Work on an agent during which nobody is told that it is gone. */
export interface PlannedWork {
  readonly agent: string;
  /** As people read it, `PLANNED_WORK`. */
  readonly work: string;
}

/** `restart op-490`, `maintenance mw-3` */
export const PLANNED_WORK = /^(restart op|maintenance mw)-\d{1,18}$/;
/** An agent that falls silent so soon after planned work is taken to be gone by it. */
export const AFTERWARDS_MS = 60_000;
/** So long it is known after its end: whoever is told of it is told within seconds. */
export const PLANNED_WORK_KEPT_MS = 15 * 60_000;

const GONE = "AgentGone";

/** What is being done now, by the silences that are wanted. One that leaves out AgentGone found the agent gone already. */
export function plannedWorkOf(wanted: readonly Pick<WantedSilence, "key" | "agents" | "alerts">[]): PlannedWork[] {
  return wanted.flatMap(({ key, agents, alerts }) => {
    const mutesGone = "only" in alerts ? alerts.only.includes(GONE) : !alerts.except.includes(GONE);
    const [id = ""] = key.split("/");
    // Who silences what fires does no work on it.
    if (id.startsWith("sil-")) return [];
    const work = `${id.startsWith("mw-") ? "maintenance" : "restart"} ${id}`;
    return mutesGone ? agents.map((agent) => ({ agent, work })) : [];
  });
}
