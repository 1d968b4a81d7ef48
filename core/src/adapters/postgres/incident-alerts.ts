import type { Incident, IncidentAlert } from "../../domain/incident.ts";
import { CRITICALITIES } from "../../protocol.ts";

/**
 * Alerts of an incident after a delivery, without what was delivered before: of one alert the later start wins, and of the
 * same start what is new.
 */
export function mergeAlerts(known: readonly IncidentAlert[], delivered: readonly IncidentAlert[]): IncidentAlert[] {
  const merged = new Map(known.map((alert) => [alert.fingerprint, alert]));
  for (const alert of newsIn(delivered, known)) merged.set(alert.fingerprint, alert);
  return [...merged.values()];
}

/** The alerts of a delivery that tell more than what is known; each fingerprint is in a delivery once. */
export function newsIn(delivered: readonly IncidentAlert[], known: readonly IncidentAlert[]): IncidentAlert[] {
  return delivered.filter((alert) =>
    isNews(
      alert,
      known.find(({ fingerprint }) => fingerprint === alert.fingerprint),
    ),
  );
}

function isNews(alert: IncidentAlert, before: IncidentAlert | undefined): boolean {
  if (before === undefined) return true;
  if (alert.startsAt !== before.startsAt) return alert.startsAt > before.startsAt;
  return alert.firing !== before.firing;
}

/** What follows from the alerts of an incident. */
export type IncidentFacts = Pick<
  Incident,
  "alertname" | "criticality" | "alerts" | "state" | "openedAt" | "resolvedAt"
>;

/** @param alerts at least one */
export function factsOf(alerts: readonly IncidentAlert[]): IncidentFacts {
  const isFiring = alerts.some((alert) => alert.firing);
  return {
    alertname: alerts[0]?.alertname ?? "",
    criticality: worstCriticality(alerts),
    alerts,
    state: isFiring ? "firing" : "resolved",
    openedAt: Math.min(...alerts.map((alert) => alert.startsAt)),
    resolvedAt: isFiring ? null : Math.max(...alerts.map((alert) => alert.endedAt ?? alert.startsAt)),
  };
}

/** An alert without the label is none that wakes anybody. */
function worstCriticality(alerts: readonly IncidentAlert[]): Incident["criticality"] {
  const labels = alerts.map((alert) => alert.labels.criticality);
  return CRITICALITIES.find((criticality) => labels.includes(criticality)) ?? "P3";
}
