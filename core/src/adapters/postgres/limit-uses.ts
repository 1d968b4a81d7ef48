import { randomUUID } from "node:crypto";
import type { LimitStore } from "../../ports/limit-store.ts";
import { toJson } from "./operation-rows.ts";
import { type Pool, query } from "./pool.ts";

/** Limits counted in PostgreSQL: exact, in the order of a lock per principal. */
export const createLimitUses = (pool: Pool): LimitStore => ({
  async take({ principal, wish, limits }) {
    const rows = await query<{ limit_name: string; free_at: Date }>(
      pool,
      "select limit_name, free_at from limit_take($1, $2, $3::jsonb)",
      [principal, wish ?? randomUUID(), toJson(limits)],
    );
    return rows.map(({ limit_name, free_at }) => ({ name: limit_name, freeAt: free_at.getTime() }))[0] ?? null;
  },
});
