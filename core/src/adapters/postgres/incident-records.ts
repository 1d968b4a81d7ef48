import {
  BY_HAND_ALERT,
  type Closing,
  type Incident,
  type IncidentAlert,
  type IncidentNote,
} from "../../domain/incident.ts";
import type { Operation } from "../../domain/operation.ts";
import type { ByHand, Delivery, IncidentRecords, IncidentSearch, Recovery } from "../../ports/incident-records.ts";
import { requestContext } from "../../protocol/request-context.ts";
import { INCIDENT_COLUMNS, type IncidentRow, toIncident } from "./incident-rows.ts";
import {
  OPERATION_COLUMNS,
  type OperationRow,
  rowNumber,
  toDate,
  toJson,
  toOperation,
  toText,
} from "./operation-rows.ts";
import { type Pool, query } from "./pool.ts";

/** What is shown of one incident; more of it nobody reads. */
const MOST_OPERATIONS = 50;
const MOST_ENTRIES = 500;

/** What is known of incidents beside what fires, in PostgreSQL. */
export const createIncidentRecords = (pool: Pool): IncidentRecords => ({
  search: (wanted) => search(pool, wanted),
  recoveries: (since) => readRecoveries(pool, since),
  operations: (ids) => readOperations(pool, ids),
  deliveries: (id) => readDeliveries(pool, id),
  notes: (id) => readNotes(pool, id),
  findNote: (id) => findNote(pool, id),
  note: (note) => writeNote(pool, note),
  open: (wanted) => openByHand(pool, wanted),
  close: (id, closing) => closeByHand(pool, id, closing),
});

async function search(pool: Pool, { since, text, limit, offset }: IncidentSearch) {
  const rows = await query<IncidentRow & { readonly total: number }>(
    pool,
    `select ${INCIDENT_COLUMNS}, (count(*) over ())::integer as total
     from incidents
     where (state = 'firing' or (state = 'resolved' and resolved_at >= $1))
       and ($2 = '' or 'inc-' || id = $2
         or strpos(lower(concat_ws(E'\\n', alertname, cause, helped)), $2) > 0
         or exists (
           select from jsonb_array_elements(alerts) as alert
           where strpos(lower(concat_ws(E'\\n', alert ->> 'agent', alert ->> 'alertname', alert #>> '{annotations,summary}')), $2) > 0
         )
         or exists (select from incident_notes where incident = incidents.id and strpos(lower(text), $2) > 0))
     order by state = 'resolved', case when state = 'firing' then criticality end, coalesce(resolved_at, opened_at) desc, id desc
     limit $3 offset $4`,
    [toDate(since), toText(text).toLowerCase(), limit, offset],
  );
  return { rows: rows.map(toIncident), total: rows[0]?.total ?? 0 };
}

const readRecoveries = (pool: Pool, since: number): Promise<Recovery[]> =>
  query<Recovery>(
    pool,
    `select criticality, count(*)::integer as count,
       percentile_cont(0.5) within group (order by extract(epoch from resolved_at - opened_at))::double precision as seconds
     from incidents
     where state = 'resolved' and resolved_at >= $1
     group by criticality
     order by criticality`,
    [toDate(since)],
  );

async function readOperations(pool: Pool, ids: readonly string[]): Promise<Map<string, Operation[]>> {
  const numbers = ids.map((id) => rowNumber("inc", id)).filter((number) => number !== null);
  const rows = await query<OperationRow>(
    pool,
    `select ${OPERATION_COLUMNS}
     from unnest($1::bigint[]) as asked (number)
     cross join lateral (
       select * from operations where incident = asked.number order by id limit ${MOST_OPERATIONS}
     ) as operations
     order by id`,
    [numbers],
  );
  return Map.groupBy(rows.map(toOperation), ({ incidentId }) => incidentId ?? "");
}

interface DeliveryRow extends Pick<Delivery, "fingerprint" | "status"> {
  readonly starts_at: Date;
  readonly delivered_at: Date;
}

async function readDeliveries(pool: Pool, id: string): Promise<Delivery[]> {
  const rows = await query<DeliveryRow>(
    pool,
    `select fingerprint, status, starts_at, delivered_at from alert_deliveries
     where incident = $1 order by delivered_at, status, fingerprint limit ${MOST_ENTRIES}`,
    [rowNumber("inc", id)],
  );
  return rows.map(({ fingerprint, status, ...row }) => ({
    ...{ fingerprint, status, startsAt: row.starts_at.getTime(), heardAt: row.delivered_at.getTime() },
  }));
}

interface NoteRow {
  readonly id: string;
  readonly incident: string;
  readonly text: string;
  readonly by_whom: IncidentNote["by"];
  readonly at: Date;
}

const NOTE_COLUMNS = "id, incident, text, by_whom, at";

const toNote = ({ id, incident, text, by_whom, at }: NoteRow): IncidentNote => ({
  ...{ id: `note-${id}`, incident: `inc-${incident}`, text, by: by_whom, at: at.getTime() },
});

async function readNotes(pool: Pool, id: string): Promise<IncidentNote[]> {
  const rows = await query<NoteRow>(
    pool,
    `select ${NOTE_COLUMNS} from incident_notes where incident = $1 order by id limit ${MOST_ENTRIES}`,
    [rowNumber("inc", id)],
  );
  return rows.map(toNote);
}

async function findNote(pool: Pool, id: string): Promise<IncidentNote | null> {
  const rows = await query<NoteRow>(pool, `select ${NOTE_COLUMNS} from incident_notes where id = $1`, [
    rowNumber("note", id),
  ]);
  return rows.map(toNote)[0] ?? null;
}

async function writeNote(pool: Pool, note: Parameters<IncidentRecords["note"]>[0]): Promise<IncidentNote> {
  const operation = rowNumber("op", note.operation);
  const written = await query<NoteRow>(
    pool,
    `insert into incident_notes (incident, text, by_whom, operation) values ($1, $2, $3, $4)
     on conflict (operation) do nothing
     returning ${NOTE_COLUMNS}`,
    [rowNumber("inc", note.incident), toText(note.text), toJson(note.by), operation],
  );
  const rows =
    written.length > 0
      ? written
      : await query<NoteRow>(pool, `select ${NOTE_COLUMNS} from incident_notes where operation = $1`, [operation]);
  const [found] = rows.map(toNote);
  if (found === undefined) throw new Error(`no note is of ${note.operation}`);
  return found;
}

async function openByHand(pool: Pool, wanted: ByHand): Promise<Incident> {
  const operation = rowNumber("op", wanted.operation);
  // The operation belongs to its incident from then on, like those that are begun from a card.
  const opened = await query<IncidentRow>(
    pool,
    `with opened as (
       insert into incidents
         (group_key, alertname, criticality, alerts, state, opened_at, opened_by, opened_by_operation, traceparent)
       values ($1, $2, $3, $4, 'firing', to_timestamp($5::double precision / 1000), $6, $7, $8)
       on conflict (opened_by_operation) do nothing
       returning ${INCIDENT_COLUMNS}
     ), placed as (
       update operations set incident = opened.id from opened where operations.id = $7
     )
     select ${INCIDENT_COLUMNS} from opened`,
    [
      ...[`by hand: ${wanted.operation}`, BY_HAND_ALERT, wanted.criticality],
      ...[toJson(alertsOf(wanted)), wanted.openedAt, toJson(wanted.by), operation],
      requestContext().traceparent ?? null,
    ],
  );
  const rows =
    opened.length > 0
      ? opened
      : await query<IncidentRow>(pool, `select ${INCIDENT_COLUMNS} from incidents where opened_by_operation = $1`, [
          operation,
        ]);
  const [incident] = rows.map(toIncident);
  if (incident === undefined) throw new Error(`no incident is of ${wanted.operation}`);
  return incident;
}

/** One for each agent, in the form of Alertmanager's: whoever reads incidents need not know two. */
function alertsOf({ what, agents, criticality, operation, openedAt }: ByHand): IncidentAlert[] {
  const whom: (string | null)[] = agents.length === 0 ? [null] : [...agents];
  return whom.map((agent) => ({
    fingerprint: [operation, ...(agent === null ? [] : [agent])].join("/"),
    ...{ alertname: BY_HAND_ALERT, agent, labels: { alertname: BY_HAND_ALERT, criticality } },
    annotations: { summary: what },
    ...{ startsAt: openedAt, firing: true, endedAt: null },
  }));
}

/** Its alerts end with it. */
async function closeByHand(pool: Pool, id: string, { by, cause, helped }: Closing): Promise<boolean> {
  const rows = await query(
    pool,
    `with now as (select date_trunc('milliseconds', clock_timestamp()) as at)
     update incidents
     set state = 'resolved', resolved_at = now.at, closed_by = $2, cause = $3, helped = $4, traceparent = $5,
       alerts = (
         select jsonb_agg(alert || jsonb_build_object('firing', false, 'endedAt', round(extract(epoch from now.at) * 1000)))
         from jsonb_array_elements(alerts) as alert
       ),
       revision = revision + 1
     from now
     where id = $1 and state = 'firing' and opened_by is not null
     returning id`,
    [
      ...[rowNumber("inc", id), toJson(by), toText(cause), helped === null ? null : toText(helped)],
      requestContext().traceparent ?? null,
    ],
  );
  return rows.length > 0;
}
