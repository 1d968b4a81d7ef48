import type { WantedSilence } from "./silence.ts";

/** Agents that somebody works on: measured as ever, muted, and counted as off on purpose. Times are ms since the epoch. */
export interface MaintenanceWindow {
  /** mw-3 */
  readonly id: string;
  readonly agents: readonly string[];
  readonly by: string;
  readonly reason: string | null;
  readonly startedAt: number;
  readonly endsAt: number;
}

/** The window that an agent is in, the one that lasts longest; null if it is in none. */
export function windowOf(agent: string, windows: readonly MaintenanceWindow[]): MaintenanceWindow | null {
  const mine = windows.filter(({ agents }) => agents.includes(agent));
  return mine.toSorted((one, other) => other.endsAt - one.endsAt)[0] ?? null;
}

/**
 * The silences that a window wants: all alerts of its agents but those that somebody was told of and that have not ended.
 * @param firing alert names by agent
 */
export function silencesOfWindow(
  { id, agents, by, endsAt, reason }: MaintenanceWindow,
  firing: ReadonlyMap<string, ReadonlySet<string>>,
): WantedSilence[] {
  const byNames = Map.groupBy(agents, (agent) => [...(firing.get(agent) ?? [])].toSorted().join(","));
  return [...byNames].map(([names, same]) => ({
    ...{ key: id, agents: same, alerts: { except: names === "" ? [] : names.split(",") }, until: endsAt },
    ...{ renewedForMs: null, why: `maintenance by ${by}${reason === null ? "" : `: ${reason}`}` },
  }));
}
