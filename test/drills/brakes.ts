import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "@rollcall/core/adapters/postgres/migrate.ts";
import { createPool, type Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startPostgres } from "@rollcall/local/tools/postgres-server.ts";
import { type Walked, walkBrakes } from "./brakes/walk.ts";
import { type Drill, type Outcome, outcome } from "./drill.ts";

interface Size {
  /** Of all walks together. */
  readonly steps: number;
  /** The first walk's; the next walk has the next one. Drawn if left out. */
  readonly seed?: number;
  /** Walks side by side, each with a fleet and a database of its own: a single one mostly waits. */
  readonly fleets: number;
}

/** @param size how many steps; a seed repeats them */
export const brakesDrill = (size: Size): Drill => ({
  name: "brakes",
  about: `${size.steps.toLocaleString("en-US")} random steps of freeze, thaw, pause, resume, stop, start and restart: the real commands do what a model says`,
  options: ["steps", "seed", "fleets"],
  withOptions: (options) => brakesDrill({ ...size, ...options }),
  async run(say) {
    say("a PostgreSQL of its own starts …");
    const folder = await mkdtemp(join(tmpdir(), "rollcall-brakes-"));
    const place = { dataDir: join(folder, "postgres"), logFile: join(folder, "postgres.log"), password: "drill" };
    const postgres = await startPostgres({ ...place, port: await findFreePort(), settings: { fsync: "off" } });
    try {
      const pools = await openDatabases(postgres.url, size.fleets);
      const outcomes = await walkAndTell(pools, size, say);
      await Promise.all(pools.map((pool) => pool.end()));
      return outcomes;
    } finally {
      await postgres.child.stop({ signal: "SIGINT" });
      await rm(folder, { recursive: true, force: true });
    }
  },
});

async function openDatabases(serverUrl: string, count: number): Promise<Pool[]> {
  const pools: Pool[] = [];
  const server = createPool({ url: serverUrl, name: "rollcall-drill" });
  for (let index = 1; index <= count; index += 1) {
    const url = new URL(serverUrl);
    url.pathname = `/fleet_${index}`;
    await server.query(`create database fleet_${index}`);
    await migrate({ url: url.href });
    pools.push(createPool({ url: url.href, name: "rollcall-drill" }));
  }
  await server.end();
  return pools;
}

const SAY_EVERY_MS = 30_000;

/** One walk on each of the databases, side by side. */
export async function walkAndTell(
  pools: readonly Pool[],
  { steps, seed = Math.floor(Math.random() * 1_000_000) + 1 }: Omit<Size, "fleets">,
  say: (sentence: string) => void,
): Promise<readonly Outcome[]> {
  say(
    `seed ${seed}; the same steps again: npm run drill -- brakes --steps ${steps} --seed ${seed} --fleets ${pools.length}`,
  );
  const each = Math.ceil(steps / pools.length);
  const begun = performance.now();
  let taken = 0;
  const progress = setInterval(() => say(`${inWords(taken)} of ${inWords(steps)} steps`), SAY_EVERY_MS);
  const onStep = (): void => {
    taken += 1;
  };
  const walks = await Promise.all(
    pools.map((pool, index) => walkBrakes(pool, { steps: each, seed: seed + index, onStep })),
  ).finally(() => clearInterval(progress));
  const seconds = (performance.now() - begun) / 1000;
  say(`${inWords(taken)} steps in ${seconds.toFixed(0)} s, ${(taken / seconds).toFixed(0)} a second`);
  return outcomesOf(walks, steps);
}

function outcomesOf(walks: readonly Walked[], steps: number): Outcome[] {
  const sum = (count: (walk: Walked) => number): number => walks.reduce((total, walk) => total + count(walk), 0);
  const differences = walks.flatMap(({ difference }) => difference ?? []);
  const taken = sum((walk) => walk.steps);
  const [freezes, thaws] = [sum((walk) => walk.freezes), sum((walk) => walk.thaws)];
  const [accepted, locked] = [sum((walk) => walk.accepted), sum((walk) => walk.locked)];
  return [
    outcome(
      "every step ends as the model says",
      differences.join("; ") || `${inWords(taken)} of ${inWords(steps)}`,
      differences.length === 0 && taken >= steps,
    ),
    outcome("agents were frozen and thawed", `${freezes} and ${thaws}`, freezes > 0 && thaws > 0),
    outcome("restarts and stops were accepted and locked", `${accepted} and ${locked}`, accepted > 0 && locked > 0),
  ];
}

const inWords = (count: number): string => count.toLocaleString("en-US");
