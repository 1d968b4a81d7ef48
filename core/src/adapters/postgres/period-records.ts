import type { Period } from "../../domain/period.ts";
import type { Past, PastAlert, PastOperation, PastRestart, PeriodRecords } from "../../ports/period-records.ts";
import { type OperationRow, toMillis } from "./operation-rows.ts";
import { type Pool, query } from "./pool.ts";

/** Nobody reads more rows of a month than this; of the others the report knows how many there are. */
const MOST_ROWS = 5000;
/** Rows of the audit log that are looked at for refusals; the look stays below a second. */
const MOST_AUDIT_ROWS = 50_000;

/** What was written down in a stretch of time, in PostgreSQL. */
export const createPeriodRecords = (pool: Pool): PeriodRecords => ({
  alerts: (period) => readAlerts(pool, period),
  operations: (period) => readOperations(pool, period),
  restarts: (period) => readRestarts(pool, period),
  refusals: (period) => readRefusals(pool, period),
});

const datesOf = ({ from, to }: Period): Date[] => [new Date(from), new Date(to)];

/** @param rows each with how many there are in all */
const pastOf = <Row extends { readonly total: number }, Shown>(
  rows: readonly Row[],
  show: (row: Row) => Shown,
): Past<Shown> => ({ rows: rows.map(show), total: rows[0]?.total ?? 0 });

interface AlertRow extends Pick<PastAlert, "alertname" | "criticality" | "agents" | "acknowledgedBy"> {
  readonly id: string;
  readonly opened_at: Date;
  readonly resolved_at: Date | null;
  readonly acknowledged_by: PastAlert["acknowledgedBy"];
  readonly acknowledged_at: Date | null;
  readonly total: number;
}

async function readAlerts(pool: Pool, period: Period): Promise<Past<PastAlert>> {
  const rows = await query<AlertRow>(
    pool,
    `select id, alertname, criticality, opened_at, resolved_at, acknowledged_by, acknowledged_at,
       array(
         select distinct alert ->> 'agent' from jsonb_array_elements(alerts) as alert
         where alert ->> 'agent' is not null order by 1 limit 5
       ) as agents,
       (count(*) over ())::integer as total
     from incidents
     where (state = 'firing' or (state = 'resolved' and resolved_at >= $1)) and opened_at < $2
     order by id desc
     limit ${MOST_ROWS}`,
    datesOf(period),
  );
  return pastOf(rows, ({ id, alertname, criticality, agents, ...row }) => ({
    ...{ id: `inc-${id}`, alertname, criticality, agents },
    openedAt: row.opened_at.getTime(),
    resolvedAt: toMillis(row.resolved_at),
    acknowledgedBy: row.acknowledged_by,
    acknowledgedAt: toMillis(row.acknowledged_at),
  }));
}

interface PastOperationRow
  extends Pick<OperationRow, "id" | "command" | "ending" | "created_at" | "started_at" | "ended_at"> {
  readonly agents: readonly string[];
  readonly agent_count: number;
  readonly actor: PastOperation["actor"];
  readonly total: number;
}

async function readOperations(pool: Pool, period: Period): Promise<Past<PastOperation>> {
  const rows = await query<PastOperationRow>(
    pool,
    `select id, command, agents[1:5] as agents, cardinality(agents) as agent_count,
       jsonb_build_object('id', actor -> 'id', 'name', actor -> 'name') as actor,
       ending, created_at, started_at, ended_at, (count(*) over ())::integer as total
     from operations
     where created_at >= $1 and created_at < $2
     order by id desc
     limit ${MOST_ROWS}`,
    datesOf(period),
  );
  return pastOf(rows, ({ id, command, agents, actor, ending, ...row }) => ({
    ...{ id: `op-${id}`, command, agents, agentCount: row.agent_count, actor, ending },
    createdAt: row.created_at.getTime(),
    startedAt: toMillis(row.started_at),
    endedAt: toMillis(row.ended_at),
  }));
}

const readRestarts = (pool: Pool, period: Period): Promise<PastRestart[]> =>
  query<PastRestart>(
    pool,
    `select outcome.agent, outcome.helped, outcome.seconds
     from operations
     join operation_outcomes as outcome
       on outcome.agent = any(operations.agents) and outcome.command = 'restart' and outcome.operation = operations.id
     where operations.command = 'restart' and operations.created_at >= $1 and operations.created_at < $2
     order by operations.id desc
     limit ${MOST_ROWS}`,
    datesOf(period),
  );

const readRefusals = (pool: Pool, period: Period): Promise<{ rule: string; count: number }[]> =>
  query<{ rule: string; count: number }>(
    pool,
    `select coalesce(body ->> 'rule', 'no rule') as rule, count(*)::integer as count
     from (
       select body::jsonb as body from audit_log
       where at >= $1 and at < $2
       order by at desc
       limit ${MOST_AUDIT_ROWS}
     ) as newest
     where body ->> 'decision' = 'refused'
     group by 1
     order by 2 desc, 1
     limit 100`,
    datesOf(period),
  );
