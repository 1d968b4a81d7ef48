import type { Actor } from "./actor.ts";
import type { Incident } from "./incident.ts";
import type { WantedSilence } from "./silence.ts";

/** An alert name of one agent. */
export interface MutedAlert {
  readonly agent: string;
  readonly alertname: string;
}

/** Somebody knows of what fires and wants it quiet for a while; its agents count as they are. Times are ms since the epoch. */
export interface AskedSilence {
  /** sil-3 */
  readonly id: string;
  /** What fired when it was asked for, and nothing else. */
  readonly mutes: readonly MutedAlert[];
  readonly asker: Pick<Actor, "id" | "name" | "slackUser">;
  readonly reason: string;
  readonly startedAt: number;
  readonly endsAt: number;
  /** null: it holds. */
  readonly endedAt: number | null;
}

/** The id as people type it. */
export const SILENCE_ID = /^sil-[1-9]\d{0,9}$/;

/** Silences of Alertmanager that it wants: one for each set of alert names. */
export function silencesOfAsked({ id, mutes, asker, reason, endsAt }: AskedSilence): WantedSilence[] {
  const names = Map.groupBy(mutes, ({ agent }) => agent);
  const byNames = Map.groupBy(names.keys(), (agent) => namesOf(names.get(agent) ?? []).join(","));
  return [...byNames].map(([only, agents]) => ({
    ...{ key: id, agents, alerts: { only: only.split(",") }, until: endsAt, renewedForMs: null },
    why: `silence by ${asker.name}: ${reason}`,
  }));
}

const namesOf = (mutes: readonly MutedAlert[]): string[] =>
  [...new Set(mutes.map(({ alertname }) => alertname))].toSorted();

/** Agents that it mutes something of, each once. */
export const agentsOfSilence = ({ mutes }: Pick<AskedSilence, "mutes">): string[] => [
  ...new Set(mutes.map(({ agent }) => agent)),
];

/** Whether it mutes this alert. */
export const isMutedBy = (
  { agent, alertname }: { readonly agent: string | null; readonly alertname: string },
  { mutes }: Pick<AskedSilence, "mutes">,
): boolean => mutes.some((muted) => muted.agent === agent && muted.alertname === alertname);

/**
 * By which silence all that fires in an incident is muted: of several the first to end, because then it rings.
 * @param silences those that hold
 * @returns null if something in it rings
 */
export function silenceOf(
  { alerts, state }: Pick<Incident, "alerts" | "state">,
  silences: readonly AskedSilence[],
): AskedSilence | null {
  const firing = alerts.filter((alert) => alert.firing);
  if (state !== "firing" || firing.length === 0) return null;
  const longest = firing.map((alert) => last(silences.filter((one) => isMutedBy(alert, one))));
  if (longest.includes(null)) return null;
  return longest.toSorted((one, other) => (one?.endsAt ?? 0) - (other?.endsAt ?? 0))[0] ?? null;
}

const last = (silences: readonly AskedSilence[]): AskedSilence | null =>
  silences.toSorted((one, other) => other.endsAt - one.endsAt)[0] ?? null;
