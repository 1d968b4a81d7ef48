import type { Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import { forgetRuns, type RunLimits, storeReports } from "@rollcall/core/adapters/postgres/runs.ts";
import type { RunReports } from "@rollcall/core/adapters/redis/run-reports.ts";

/** Two weeks of daily runs; of orders, at four a second, the last three hours. */
const KEPT: RunLimits = { days: 14, ofName: 50_000, together: 100_000 };
/** Batches of one round: what has piled up while PostgreSQL was away must not hold the round for ever. */
const MOST_BATCHES = 100;

/**
 * Stores what agents reported of their runs, and takes it off the bus only then: a crash in between stores it twice, which
 * changes nothing.
 * @throws Failure "unavailable"
 */
export async function foldRuns(pool: Pool, reports: RunReports): Promise<void> {
  for (let batch = 0; batch < MOST_BATCHES; batch++) {
    const { ids, reports: found } = await reports.take();
    if (ids.length === 0) return;
    await storeReports(pool, found);
    await reports.settle(ids);
  }
}

/** Forgets what is too old or too much. @throws Failure "unavailable" */
export const forgetOldRuns = (pool: Pool): Promise<void> => forgetRuns(pool, KEPT);
