import { rowNumber } from "./operation-rows.ts";
import { type Queryable, query } from "./pool.ts";

/** graphile-worker's name of the job that runs an operation. */
export const OPERATION_TASK = "execute-operation";
// A crash costs an attempt; the operation's own deadline ends it, never the count.
const MOST_ATTEMPTS = 1000;

/** Adds the job that wakes a worker for an operation, or makes the one that waits due now. @throws Failure "unavailable" */
export async function addOperationJob(on: Queryable, id: string): Promise<void> {
  await query(
    on,
    `select from graphile_worker.add_job(
       $1, json_build_object('operation', $2::text), job_key => $2::text, max_attempts => $3, run_at => now())`,
    [OPERATION_TASK, id, MOST_ATTEMPTS],
  );
}

/** Wakes those of these operations that wait for an answer. @param ids others are left alone @throws Failure "unavailable" */
export async function wakeWaiting(on: Queryable, ids: readonly string[]): Promise<void> {
  const numbers = ids.map((id) => rowNumber("op", id)).filter((number) => number !== null);
  if (numbers.length === 0) return;
  const rows = await query<{ id: string }>(
    on,
    "select 'op-' || id as id from operations where id = any($1) and state = 'waiting'",
    [numbers],
  );
  for (const { id } of rows) await addOperationJob(on, id);
}

/**
 * Finds unfinished operations for which no job runs or is due, and adds one; for one that waits for an answer only if there
 * is one, or its time is over.
 * @returns their ids
 * @throws Failure "unavailable"
 */
export async function sweepOperations(on: Queryable): Promise<string[]> {
  const rows = await query<{ id: string }>(
    on,
    `select 'op-' || operations.id as id
     from operations
     where state <> 'ended'
       and (
         state <> 'waiting'
         or answer_until <= clock_timestamp()
         or exists (
           select from operations as wish
           where wish.agents @> array['op-' || operations.id]
             and wish.command in ('cancel', 'continue')
             and wish.ending is distinct from 'refused'
             and wish.id > coalesce(replace(operations.bulk #>> '{stops,-1,answered}', 'op-', '')::bigint, 0)
         )
       )
       and not exists (
         select from graphile_worker.jobs as job
         where job.key = 'op-' || operations.id and (job.locked_at is not null or job.run_at <= now())
       )
     order by operations.id
     limit 100`,
  );
  for (const { id } of rows) await addOperationJob(on, id);
  return rows.map(({ id }) => id);
}

/**
 * Unlocks the jobs of workers that belong to no living lease; a killed worker's job would stay locked for hours.
 * @returns ids of the workers
 * @throws Failure "unavailable"
 */
export async function unlockDeadWorkers(on: Queryable): Promise<string[]> {
  const rows = await query<{ locked_by: string }>(
    on,
    `select distinct locked_by from graphile_worker.jobs
     where locked_by is not null
       and not exists (
         select from control_leases where jobs.locked_by = any(worker_ids) and expires_at > clock_timestamp()
       )`,
  );
  const dead = rows.map((row) => row.locked_by);
  if (dead.length > 0) await query(on, "select from graphile_worker.force_unlock_workers($1)", [dead]);
  return dead;
}
