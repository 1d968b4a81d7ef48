import type { Actor } from "../domain/actor.ts";
import type { Incident, IncidentAlert } from "../domain/incident.ts";

/** One delivery of Alertmanager's webhook, version 4, reduced to what is used. */
export interface AlertNotification {
  readonly groupKey: string;
  readonly status: "firing" | "resolved";
  readonly alerts: readonly IncidentAlert[];
}

export interface Incidents {
  /** Stores a delivery; idempotent by fingerprint, startsAt and status. One open incident per group key. @throws Failure "unavailable" */
  record(notification: AlertNotification): Promise<Incident>;
  /** @throws Failure "unavailable" */
  find(id: string): Promise<Incident | null>;
  /** Open incidents in which the agent fires, or all open ones. @throws Failure "unavailable" */
  open(agent?: string): Promise<Incident[]>;
  /** Those that have ended since then, the newest first. @param since ms since the epoch @throws Failure "unavailable" */
  ended(since: number, limit: number): Promise<Incident[]>;
  /** @returns false if somebody had acknowledged before @throws Failure "unavailable" */
  acknowledge(id: string, by: Pick<Actor, "id" | "name" | "slackUser">, how: string | null): Promise<boolean>;
  /**
   * Nobody has it any more.
   * @param only narrows it to one that was taken so, and before that moment, in ms; of any other nothing is changed
   * @returns false if nothing was changed @throws Failure "unavailable"
   */
  giveBack(id: string, only?: { readonly how?: string; readonly takenBefore?: number }): Promise<boolean>;
}
