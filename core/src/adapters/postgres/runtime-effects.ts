import type { ProcessBefore, RuntimeEffects } from "../../ports/runtime-effects.ts";
import type { ProcessState } from "../../ports/supervisor.ts";
import { toJson } from "./operation-rows.ts";
import { type Pool, query } from "./pool.ts";

interface Row {
  readonly effect: string;
  readonly before: ProcessBefore;
  readonly answer: ProcessState | null;
}

/** What was done to runtimes, in PostgreSQL; rows of yesterday go with the next one. */
export const createRuntimeEffects = (pool: Pool): RuntimeEffects => ({
  async find(commandId) {
    const sql = "select effect, before, answer from runtime_effects where command_id = $1";
    return (await query<Row>(pool, sql, [commandId]))[0] ?? null;
  },
  async begin(commandId, effect, before) {
    await query(
      pool,
      `with earlier as (delete from runtime_effects where begun_at < clock_timestamp() - interval '1 day')
       insert into runtime_effects (command_id, effect, before) values ($1, $2, $3::jsonb) on conflict do nothing`,
      [commandId, effect, toJson(before)],
    );
  },
  async finish(commandId, answer) {
    await query(pool, "update runtime_effects set answer = $2::jsonb where command_id = $1 and answer is null", [
      commandId,
      toJson(answer),
    ]);
  },
});
