import type { Operation } from "../../domain/operation.ts";
import type { Operations } from "../../ports/operations.ts";
import { OPERATION_COLUMNS, type OperationRow, rowNumber, toOperation } from "./operation-rows.ts";
import { type Pool, type Queryable, query } from "./pool.ts";

/** Earlier runs that "usually" is made of: enough for a median, recent enough to be true. */
const HISTORY_RUNS = 50;

/** The rows of commands, to read. */
export const createOperations = (pool: Pool): Operations => ({
  find: (id) => findOperation(pool, id),
  list: (filter) => listOperations(pool, filter),
  history: async (command, agent) => (await readHistory(pool, { command, agents: [agent] })).get(agent) ?? NO_HISTORY,
});

async function findOperation(pool: Pool, id: string): Promise<Operation | null> {
  const number = rowNumber("op", id);
  if (number === null) return null;
  const rows = await query<OperationRow>(pool, `select ${OPERATION_COLUMNS} from operations where id = $1`, [number]);
  return rows.map(toOperation)[0] ?? null;
}

async function listOperations(pool: Pool, filter: Parameters<Operations["list"]>[0]): Promise<Operation[]> {
  const rows = await query<OperationRow>(
    pool,
    `select ${OPERATION_COLUMNS} from operations
     where ($1::boolean is null or (state <> 'ended') = $1)
       and ($2::text[] is null or agents @> $2)
       and ($3::text is null or command = $3)
     order by id desc
     limit $4`,
    [filter.running ?? null, filter.agent === undefined ? null : [filter.agent], filter.command ?? null, filter.limit],
  );
  return rows.map(toOperation);
}

/** What earlier runs of a command on one agent came to. */
export type History = Awaited<ReturnType<Operations["history"]>>;
const NO_HISTORY: History = { tried: 0, helped: 0, medianSeconds: null };

/**
 * Of each agent, its last runs that were carried out: how many, how many helped, and the median time of those.
 * @returns by agent; an agent without runs is not in it
 */
export async function readHistory(
  on: Queryable,
  { command, agents }: { command: string; agents: readonly string[] },
): Promise<Map<string, History>> {
  const rows = await query<{ agent: string; tried: number; helped: number; median_seconds: number | null }>(
    on,
    `select
       agent,
       count(*)::integer as tried,
       (count(*) filter (where helped))::integer as helped,
       percentile_cont(0.5) within group (order by seconds) filter (where helped) as median_seconds
     from unnest($2::text[]) as asked (agent)
     cross join lateral (
       select helped, seconds from operation_outcomes as run
       where run.agent = asked.agent and run.command = $1
       order by run.operation desc
       limit ${HISTORY_RUNS}
     ) as run
     group by agent`,
    [command, agents],
  );
  return new Map(
    rows.map((row) => [row.agent, { tried: row.tried, helped: row.helped, medianSeconds: row.median_seconds }]),
  );
}
