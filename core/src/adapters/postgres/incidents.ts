import { Failure } from "../../domain/failure.ts";
import type { Incident, IncidentAlert } from "../../domain/incident.ts";
import type { AlertNotification, Incidents } from "../../ports/incidents.ts";
import { requestContext } from "../../protocol/request-context.ts";
import { factsOf, type IncidentFacts, mergeAlerts, newsIn } from "./incident-alerts.ts";
import { INCIDENT_COLUMNS as COLUMNS, type IncidentRow, toIncident } from "./incident-rows.ts";
import { rowNumber, toDate, toJson, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

/** Alertmanager tells a group's changes one after another and tries each for at most its group_interval, minutes. */
const LATE_DELIVERY_SECONDS = 300;

/** Incidents made of what Alertmanager delivers: at least once, in any order, by several at a time. */
export const createIncidents = (pool: Pool): Incidents => ({
  record: (notification) => inTransaction(pool, (client) => record(client, notification)),
  async find(id) {
    const number = rowNumber("inc", id);
    if (number === null) return null;
    const rows = await query<IncidentRow>(pool, `select ${COLUMNS} from incidents where id = $1`, [number]);
    return rows.map(toIncident)[0] ?? null;
  },
  async open(agent) {
    const rows = await query<IncidentRow>(
      pool,
      `select ${COLUMNS} from incidents
       where state = 'firing' and ($1::jsonb is null or alerts @> $1)
       order by criticality, opened_at, id`,
      [agent === undefined ? null : toJson([{ agent, firing: true }])],
    );
    return rows.map(toIncident);
  },
  async ended(since, limit) {
    const rows = await query<IncidentRow>(
      pool,
      `select ${COLUMNS} from incidents
       where state = 'resolved' and resolved_at >= $1
       order by resolved_at desc, id desc limit $2`,
      [new Date(since), limit],
    );
    return rows.map(toIncident);
  },
  async acknowledge(id, by, how) {
    const rows = await query(
      pool,
      `update incidents
       set acknowledged_by = $2, acknowledged_at = clock_timestamp(), acknowledged_how = $3, traceparent = $4,
         revision = revision + 1
       where id = $1 and state = 'firing' and acknowledged_by is null
       returning id`,
      [rowNumber("inc", id), toJson({ id: by.id, name: by.name, slackUser: by.slackUser }), how, traceNow()],
    );
    return rows.length > 0;
  },
  async giveBack(id, { how, takenBefore } = {}) {
    const rows = await query(
      pool,
      `update incidents
       set acknowledged_by = null, acknowledged_at = null, acknowledged_how = null, traceparent = $4,
         revision = revision + 1
       where id = $1 and state = 'firing' and acknowledged_by is not null
         and ($2::text is null or acknowledged_how = $2)
         and ($3::timestamptz is null or acknowledged_at < $3)
       returning id`,
      [rowNumber("inc", id), how ?? null, toDate(takenBefore ?? null), traceNow()],
    );
    return rows.length > 0;
  },
});

const traceNow = (): string | null => requestContext().traceparent ?? null;

async function record(client: Queryable, notification: AlertNotification): Promise<Incident> {
  const key = toText(notification.groupKey);
  const alerts = JSON.parse(toJson(notification.alerts)) as IncidentAlert[];
  if (alerts.length === 0)
    throw new Failure("invalid_input", "the notification has no alerts", { found: key.slice(0, 200) });
  // Deliveries of one group one after another: two at once would both open an incident.
  await query(client, "select pg_advisory_xact_lock(hashtextextended($1, 0))", [key]);
  const incident = await newestOf(client, key);
  const fresh = await withoutRepeats(client, { key, alerts });
  const news = newsIn(fresh, incident?.alerts ?? []);
  const isOpen = incident?.state === "firing";
  const shown =
    incident === null || (news.length > 0 && !isOpen)
      ? await insert(client, { key, facts: factsOf(news) })
      : await extend(client, { incident, news });
  await remember(client, { key, alerts: fresh, incident: shown });
  return shown;
}

interface Delivered {
  readonly key: string;
  readonly alerts: readonly IncidentAlert[];
}

/**
 * The alerts whose start and status have not had their effect yet. A firing whose end is known is old too if it is merely
 * late; told long after its end it fires again, with the start it always had, as when Prometheus could not reach Alertmanager.
 */
async function withoutRepeats(client: Queryable, { key, alerts }: Delivered): Promise<IncidentAlert[]> {
  const rows = await query<{ fingerprint: string; starts_at: Date; status: string; is_past: boolean }>(
    client,
    `select fingerprint, starts_at, status, delivered_at < clock_timestamp() - make_interval(secs => $3) as is_past
     from alert_deliveries where group_key = $1 and fingerprint = any($2)`,
    [key, alerts.map((alert) => alert.fingerprint), LATE_DELIVERY_SECONDS],
  );
  const known = Map.groupBy(rows, (row) => `${row.fingerprint} ${row.starts_at.getTime()}`);
  const knownOf = (alert: IncidentAlert) => known.get(`${alert.fingerprint} ${alert.startsAt}`) ?? [];
  const isAgain = (alert: IncidentAlert): boolean =>
    alert.firing && knownOf(alert).some((row) => row.status === "resolved" && row.is_past);
  const isKnown = (alert: IncidentAlert): boolean =>
    knownOf(alert).some((row) => row.status === "resolved" || alert.firing);
  const again = alerts.filter(isAgain);
  if (again.length > 0) await forgetDeliveries(client, { key, alerts: again });
  return alerts.filter((alert) => isAgain(alert) || !isKnown(alert));
}

/** What fires again may end again. */
async function forgetDeliveries(client: Queryable, { key, alerts }: Delivered): Promise<void> {
  await query(
    client,
    `delete from alert_deliveries
     using unnest($2::text[], $3::timestamptz[]) as told (fingerprint, starts_at)
     where group_key = $1 and alert_deliveries.fingerprint = told.fingerprint
       and alert_deliveries.starts_at = told.starts_at`,
    [key, alerts.map(({ fingerprint }) => fingerprint), alerts.map(({ startsAt }) => new Date(startsAt))],
  );
}

async function newestOf(client: Queryable, key: string): Promise<Incident | null> {
  const rows = await query<IncidentRow>(
    client,
    `select ${COLUMNS} from incidents where group_key = $1 order by id desc limit 1 for update`,
    [key],
  );
  return rows.map(toIncident)[0] ?? null;
}

async function extend(
  client: Queryable,
  { incident, news }: { incident: Incident; news: IncidentAlert[] },
): Promise<Incident> {
  if (news.length === 0) return incident;
  const facts = factsOf(mergeAlerts(incident.alerts, news));
  const rows = await query<IncidentRow>(
    client,
    `update incidents
     set criticality = $2, alerts = $3, state = $4, resolved_at = $5, traceparent = $6, revision = revision + 1
     where id = $1
     returning ${COLUMNS}`,
    [
      rowNumber("inc", incident.id),
      facts.criticality,
      toJson(facts.alerts),
      facts.state,
      toDate(facts.resolvedAt),
      traceNow(),
    ],
  );
  return rows.map(toIncident)[0] as Incident;
}

async function insert(client: Queryable, { key, facts }: { key: string; facts: IncidentFacts }): Promise<Incident> {
  const rows = await query<IncidentRow>(
    client,
    `insert into incidents (group_key, alertname, criticality, alerts, state, opened_at, resolved_at, traceparent)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     returning ${COLUMNS}`,
    [
      key,
      facts.alertname,
      facts.criticality,
      toJson(facts.alerts),
      facts.state,
      toDate(facts.openedAt),
      toDate(facts.resolvedAt),
      traceNow(),
    ],
  );
  return rows.map(toIncident)[0] as Incident;
}

async function remember(
  client: Queryable,
  { key, alerts, incident }: Delivered & { incident: Incident },
): Promise<void> {
  await query(
    client,
    `insert into alert_deliveries (group_key, fingerprint, starts_at, status, incident)
     select $1, fingerprint, starts_at, status, $5
     from unnest($2::text[], $3::timestamptz[], $4::text[]) as delivered (fingerprint, starts_at, status)
     on conflict do nothing`,
    [
      key,
      alerts.map((alert) => alert.fingerprint),
      alerts.map((alert) => new Date(alert.startsAt)),
      alerts.map((alert) => (alert.firing ? "firing" : "resolved")),
      rowNumber("inc", incident.id),
    ],
  );
}
