import { lockedFailure } from "../../brakes/locked-failure.ts";
import { type BudgetQuestion, type Interruption, judgeBudget, type Lately } from "../../brakes/restart-budget.ts";
import type { Ending } from "../../domain/operation.ts";
import type { Acceptance } from "../../ports/command-store.ts";
import { rowNumber } from "./operation-rows.ts";
import { type Queryable, query } from "./pool.ts";

/**
 * Refuses within the transaction that accepts an operation: of several at once, in this control service or another, each sees
 * all that were accepted before it.
 * @param own the operation that is being accepted, which does not count against itself
 * @throws Failure "too_many_requests" with the brake as `detail.rule`
 */
export async function keepToBudget(client: Queryable, { budget }: Acceptance, own: string): Promise<void> {
  if (budget === undefined) return;
  // One after another until the commit: two at once would each see the last free place.
  await query(client, "select pg_advisory_xact_lock(hashtextextended('restart budget', 0))");
  const brake = judgeBudget(budget, await readLately(client, { ...budget, own }));
  if (brake !== null) throw lockedFailure(brake, budget.command);
}

/** Commands that take an agent out of its work for a while. */
const INTERRUPTING = ["restart", "stop", "drain"];

/** What was restarted and stopped within the longest window. @throws Failure "unavailable" */
export async function readLately(
  on: Queryable,
  { limits, own }: Pick<BudgetQuestion, "limits"> & { own?: string },
): Promise<Lately> {
  const { agent, automation, fleet } = limits;
  const seconds = Math.max(...[agent, automation, fleet].map((limit) => limit?.seconds ?? 0));
  const rows = await query<InterruptionRow>(
    on,
    `select command, target ->> 'agent' as agent, target ->> 'ending' as ending, approval is null as is_alone,
       extract(epoch from created_at)::double precision * 1000 as at
     from operations, jsonb_array_elements(targets) as target
     where created_at > clock_timestamp() - make_interval(secs => $1)
       and command = any($2)
       and id is distinct from $3
       -- Nothing was ordered if the first stage did not get through.
       and (target ->> 'ending' is null or target ->> 'ending' = 'unknown' or target -> 'stages' -> 0 ->> 'state' = 'done')
     order by id`,
    [seconds, INTERRUPTING, own === undefined ? null : rowNumber("op", own)],
  );
  const clear = await readCleared(on, seconds);
  const [clock] = await query<{ now: number }>(
    on,
    "select extract(epoch from clock_timestamp())::double precision * 1000 as now",
  );
  return { now: clock?.now ?? Date.now(), interruptions: rows.map(toInterruption), clearedAt: clear };
}

interface InterruptionRow {
  readonly command: string;
  readonly agent: string;
  readonly ending: Ending | null;
  readonly is_alone: boolean;
  readonly at: number;
}

const toInterruption = ({ is_alone: isAlone, ...row }: InterruptionRow): Interruption => ({ ...row, isAlone });

/** Ends of the alerts of agents of which none fires any more. */
async function readCleared(on: Queryable, seconds: number): Promise<Map<string, number>> {
  const rows = await query<{ agent: string; ended: number | null }>(
    on,
    `select alert ->> 'agent' as agent, max((alert ->> 'endedAt')::double precision) as ended
     from incidents, jsonb_array_elements(alerts) as alert
     where (state = 'firing' or (state = 'resolved' and resolved_at > clock_timestamp() - make_interval(secs => $1)))
       -- Whoever opens and closes one by hand has proven nothing.
       and opened_by is null
       and alert ->> 'agent' is not null
     group by 1
     having not bool_or((alert ->> 'firing')::boolean)`,
    [seconds],
  );
  return new Map(rows.flatMap(({ agent, ended }) => (ended === null ? [] : [[agent, ended] as const])));
}
