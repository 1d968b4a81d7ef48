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
  readonly acknowledgedBy: Pick<Actor, "id" | "name" | "slackUser"> | null;
  readonly acknowledgedAt: number | null;
  /** "by restarting", "in PagerDuty"; null for the plain button. */
  readonly acknowledgedHow: string | null;
  readonly revision: number;
  /** W3C trace context of the delivery or acknowledgement that changed it last; not there if nobody handed one on. */
  readonly traceparent?: string | undefined;
}

/** Agents of an incident whose alert fires, each once, in the order they began. */
export function firingAgents(incident: Pick<Incident, "alerts">): string[] {
  const firing = incident.alerts.filter((alert) => alert.firing && alert.agent !== null);
  return [...new Set(firing.toSorted((a, b) => a.startsAt - b.startsAt).map((alert) => alert.agent as string))];
}
