import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "@rollcall/core/adapters/postgres/migrate.ts";
import { createPool, type Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startPostgres } from "@rollcall/local/tools/postgres-server.ts";
import { walkBrakes } from "./brakes/walk.ts";
import { type Drill, type Outcome, outcome } from "./drill.ts";

/** @param size how many steps; a seed repeats a walk */
export const brakesDrill = (size: { steps: number; seed?: number }): Drill => ({
  name: "brakes",
  about: `${size.steps.toLocaleString("en-US")} random steps of freeze, thaw, pause, resume, stop, start and restart: the real commands do what a model says`,
  options: ["steps", "seed"],
  withOptions: (options) => brakesDrill({ ...size, ...options }),
  async run(say) {
    say("a PostgreSQL of its own starts …");
    const folder = await mkdtemp(join(tmpdir(), "rollcall-brakes-"));
    const place = { dataDir: join(folder, "postgres"), logFile: join(folder, "postgres.log"), password: "drill" };
    const postgres = await startPostgres({ ...place, port: await findFreePort(), settings: { fsync: "off" } });
    try {
      await migrate({ url: postgres.url });
      const pool = createPool({ url: postgres.url, name: "rollcall-drill" });
      const outcomes = await walkAndTell(pool, size, say);
      await pool.end();
      return outcomes;
    } finally {
      await postgres.child.stop({ signal: "SIGINT" });
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/** Walks on a database that is there. */
export async function walkAndTell(
  pool: Pool,
  { steps, seed = Math.floor(Math.random() * 1_000_000) + 1 }: { steps: number; seed?: number },
  say: (sentence: string) => void,
): Promise<readonly Outcome[]> {
  say(`seed ${seed}; the same walk again: npm run drill -- brakes --steps ${steps} --seed ${seed}`);
  const begun = performance.now();
  const { difference, freezes, thaws, accepted, locked, steps: taken } = await walkBrakes(pool, { steps, seed });
  const seconds = (performance.now() - begun) / 1000;
  say(`${taken.toLocaleString("en-US")} steps in ${seconds.toFixed(0)} s, ${(taken / seconds).toFixed(0)} a second`);
  return [
    outcome("every step ends as the model says", difference ?? `${taken} of ${steps}`, difference === null),
    outcome("agents were frozen and thawed", `${freezes} and ${thaws}`, freezes > 0 && thaws > 0),
    outcome("restarts and stops were accepted and locked", `${accepted} and ${locked}`, accepted > 0 && locked > 0),
  ];
}
