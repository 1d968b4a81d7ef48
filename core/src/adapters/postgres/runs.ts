import type { ReachedStep, Run, Runs } from "../../ports/runs.ts";
import type { RunEnd, RunReport, RunStart, RunStep } from "../../protocol/run-report.ts";
import { inTransaction, type Pool, type Queryable, query } from "./pool.ts";

const COLUMNS = `id, name, agent, parent_id, step, steps_total, within_seconds, outcome, detail,
  extract(epoch from started_at)::double precision * 1000 as started_at,
  extract(epoch from heard_at)::double precision * 1000 as heard_at,
  extract(epoch from ended_at)::double precision * 1000 as ended_at`;

interface RunRow {
  readonly id: string;
  readonly name: string;
  readonly agent: string;
  readonly parent_id: string | null;
  readonly step: number;
  readonly steps_total: number;
  readonly within_seconds: number;
  readonly outcome: Run["outcome"];
  readonly detail: string | null;
  readonly started_at: number;
  readonly heard_at: number;
  readonly ended_at: number | null;
}

/** The runs that were reported, to read. */
export const createRuns = (pool: Pool): Runs => ({
  list: (filter) => listRuns(pool, filter),
  async find(id) {
    const run = await findRun(pool, id);
    return run === null ? null : { run, reached: await listSteps(pool, id) };
  },
});

async function listRuns(pool: Pool, { agents, limit }: Parameters<Runs["list"]>[0]): Promise<Run[]> {
  const rows = await query<RunRow>(
    pool,
    `select ${COLUMNS} from runs
     where $1::text[] is null
       or agent = any ($1)
       or exists (select 1 from run_steps where run_id = runs.id and run_steps.agent = any ($1))
     order by runs.started_at desc, id
     limit $2`,
    [agents ?? null, limit],
  );
  return rows.map(toRun);
}

async function findRun(pool: Pool, id: string): Promise<Run | null> {
  const rows = await query<RunRow>(pool, `select ${COLUMNS} from runs where id = $1`, [id]);
  return rows.map(toRun)[0] ?? null;
}

async function listSteps(pool: Pool, id: string): Promise<ReachedStep[]> {
  const rows = await query<{ step: number; name: string; agent: string; reached_at: number }>(
    pool,
    `select step, name, agent, extract(epoch from reached_at)::double precision * 1000 as reached_at
     from run_steps where run_id = $1 order by step limit 1000`,
    [id],
  );
  return rows.map(({ step, name, agent, reached_at }) => ({ step, name, agent, reachedAt: Math.round(reached_at) }));
}

/**
 * Stores reports in their order, all or none. A report that came before changes nothing; a step or an end of a run that
 * nobody began, and an end by an agent that may not say it, are left out.
 * @throws Failure "unavailable"
 */
export async function storeReports(pool: Pool, reports: readonly RunReport[]): Promise<void> {
  if (reports.length === 0) return;
  await inTransaction(pool, async (client) => {
    for (const report of reports) {
      if (report.kind === "start") await insertRun(client, report);
      else if (report.kind === "step") await insertStep(client, report);
      else await endRun(client, report);
    }
  });
}

async function insertRun(client: Queryable, report: RunStart): Promise<void> {
  const { run, name, agent, parent, endedBy, of, withinSeconds, at } = report;
  await query(
    client,
    `insert into runs (id, name, agent, parent_id, ended_by, steps_total, within_seconds, started_at, heard_at)
     values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::double precision / 1000), to_timestamp($8::double precision / 1000))
     on conflict (id) do nothing`,
    [run, name, agent, parent, endedBy, of, withinSeconds, at],
  );
}

async function insertStep(client: Queryable, { run, step, name, agent, at }: RunStep): Promise<void> {
  await query(
    client,
    `with run as (
       update runs
       set step = greatest(step, $2), heard_at = greatest(heard_at, to_timestamp($5::double precision / 1000))
       where id = $1 and $2 <= steps_total and ended_at is null
       returning id
     )
     insert into run_steps (run_id, step, name, agent, reached_at)
     select id, $2, $3, $4, to_timestamp($5::double precision / 1000) from run
     on conflict (run_id, step) do nothing`,
    [run, step, name, agent, at],
  );
}

async function endRun(client: Queryable, { run, agent, outcome, detail, at }: RunEnd): Promise<void> {
  await query(
    client,
    `update runs
     set ended_at = to_timestamp($5::double precision / 1000), outcome = $3, detail = $4,
       heard_at = greatest(heard_at, to_timestamp($5::double precision / 1000))
     where id = $1 and ended_at is null and (agent = $2 or $2 = any (ended_by))`,
    [run, agent, outcome, detail, at],
  );
}

/** How many runs are kept, and for how long. */
export interface RunLimits {
  readonly days: number;
  /** Of each name of each agent. */
  readonly ofName: number;
  /** Together. Beyond it the agent with the most gives up its oldest: a busy one does not push out the others. */
  readonly together: number;
}

/** Forgets runs that began too long ago, and the oldest of those that are too many. @throws Failure "unavailable" */
export async function forgetRuns(pool: Pool, { days, ofName, together }: RunLimits): Promise<void> {
  await query(
    pool,
    `with ranked as (
       select id, started_at,
         row_number() over (partition by agent, name order by started_at desc, id) as rank_of_name,
         row_number() over (partition by agent order by started_at desc, id) as rank_of_agent
       from runs
     )
     delete from runs where id in (
       select id from ranked
       where rank_of_name > $2 or started_at < clock_timestamp() - make_interval(days => $1)
       union all
       (select id from ranked order by rank_of_agent, started_at desc, id offset $3)
     )`,
    [days, ofName, together],
  );
}

const toRun = (row: RunRow): Run => ({
  ...{ id: row.id, name: row.name, agent: row.agent, parent: row.parent_id, step: row.step, steps: row.steps_total },
  ...{ withinSeconds: row.within_seconds, startedAt: Math.round(row.started_at), heardAt: Math.round(row.heard_at) },
  ...{ endedAt: row.ended_at === null ? null : Math.round(row.ended_at), outcome: row.outcome, detail: row.detail },
});
