import type { Incident, IncidentAlert, IncidentPerson } from "../../domain/incident.ts";
import { toMillis } from "./operation-rows.ts";

/** Columns of `incidents` that make an Incident, in the order in which they are named everywhere. */
export const INCIDENT_COLUMNS = `id, group_key, alertname, criticality, alerts, state, opened_at, resolved_at, acknowledged_by,
  acknowledged_at, acknowledged_how, opened_by, closed_by, cause, helped, revision, traceparent`;

/** A row of `incidents` as pg reads it. */
export interface IncidentRow {
  readonly id: string;
  readonly group_key: string;
  readonly alertname: string;
  readonly criticality: Incident["criticality"];
  readonly alerts: readonly IncidentAlert[];
  readonly state: Incident["state"];
  readonly opened_at: Date;
  readonly resolved_at: Date | null;
  readonly acknowledged_by: IncidentPerson | null;
  readonly acknowledged_at: Date | null;
  readonly acknowledged_how: string | null;
  readonly opened_by: IncidentPerson | null;
  readonly closed_by: IncidentPerson | null;
  readonly cause: string | null;
  readonly helped: string | null;
  readonly revision: number;
  readonly traceparent: string | null;
}

/** The incident that a row holds. */
export const toIncident = (row: IncidentRow): Incident => ({
  id: `inc-${row.id}`,
  groupKey: row.group_key,
  alertname: row.alertname,
  criticality: row.criticality,
  alerts: row.alerts,
  state: row.state,
  openedAt: row.opened_at.getTime(),
  resolvedAt: toMillis(row.resolved_at),
  acknowledgedBy: row.acknowledged_by,
  acknowledgedAt: toMillis(row.acknowledged_at),
  acknowledgedHow: row.acknowledged_how,
  ...(row.opened_by !== null && { openedBy: row.opened_by }),
  ...(row.closed_by !== null && { closed: { by: row.closed_by, cause: row.cause ?? "", helped: row.helped } }),
  revision: row.revision,
  ...(row.traceparent !== null && { traceparent: row.traceparent }),
});
