import type { Actor } from "./actor.ts";

/** One alert of a group, as Alertmanager told it last. */
export interface IncidentAlert {
  readonly fingerprint: string;
  readonly alertname: string;
  readonly agent: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly firing: boolean;
  readonly endedAt: number | null;
}

/** Somebody who did something about an incident, as they were called then. */
export type IncidentPerson = Pick<Actor, "id" | "name" | "slackUser">;

/** How somebody ended what had been opened by hand. */
export interface Closing {
  readonly by: IncidentPerson;
  readonly cause: string;
  /** What helped; null: nobody said. */
  readonly helped: string | null;
}

/** What somebody wrote down about an incident; `id` is shown as `note-3`. */
export interface IncidentNote {
  readonly id: string;
  /** `inc-7` */
  readonly incident: string;
  readonly text: string;
  readonly by: IncidentPerson;
  readonly at: number;
}

/** One open row per Alertmanager group key, shown as one Slack message; `id` is shown as `inc-7`. */
export interface Incident {
  readonly id: string;
  readonly groupKey: string;
  readonly alertname: string;
  readonly criticality: "P0" | "P1" | "P2" | "P3";
  readonly alerts: readonly IncidentAlert[];
  readonly state: "firing" | "resolved";
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  readonly acknowledgedBy: IncidentPerson | null;
  readonly acknowledgedAt: number | null;
  /** "by restarting", "in PagerDuty"; null for the plain button. */
  readonly acknowledgedHow: string | null;
  /** Whoever opened it by hand; not there if Alertmanager told of it. */
  readonly openedBy?: IncidentPerson | undefined;
  /** Not there before it is closed, nor if it ended by itself. */
  readonly closed?: Closing | undefined;
  readonly revision: number;
  /** W3C trace context of the delivery or acknowledgement that changed it last; not there if nobody handed one on. */
  readonly traceparent?: string | undefined;
}

/** Name of the alert that an incident has which somebody opened by hand. */
export const BY_HAND_ALERT = "OpenedByHand";

/** Whether rules decide when it ends; what somebody opened by hand ends when somebody says so, and proves nothing before. */
export const isMeasured = ({ openedBy }: Pick<Incident, "openedBy">): boolean => openedBy === undefined;

/** Agents of an incident whose alert fires, each once, in the order they began. */
export function firingAgents(incident: Pick<Incident, "alerts">): string[] {
  const firing = incident.alerts.filter((alert) => alert.firing && alert.agent !== null);
  return [...new Set(firing.toSorted((a, b) => a.startsAt - b.startsAt).map((alert) => alert.agent as string))];
}

/** Those that fire; once none does, all that did, in the order they began. */
export function agentsOf(incident: Pick<Incident, "alerts">): string[] {
  const firing = firingAgents(incident);
  if (firing.length > 0) return firing;
  return [...new Set(incident.alerts.map(({ agent }) => agent).filter((agent) => agent !== null))];
}
