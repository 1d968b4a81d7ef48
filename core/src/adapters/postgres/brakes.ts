import { judgeBudget } from "../../brakes/restart-budget.ts";
import type { Brakes } from "../../ports/brakes.ts";
import type { Pool } from "./pool.ts";
import { readLately } from "./restart-budget.ts";

/** Brakes by what is stored, so that all control services and all restarts of them keep to the same. */
export const createBrakes = (pool: Pool): Brakes => ({
  standing: async (question) => judgeBudget(question, await readLately(pool, question)),
});
