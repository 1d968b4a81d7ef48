import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import { Failure } from "../../domain/failure.ts";
import { asFailure, isForbidden, whyAway } from "./database-failure.ts";
import { grantRights } from "./database-rights.ts";
import { workerLogger } from "./worker-logger.ts";

/** Where our numbered SQL files are. */
export const MIGRATIONS_DIR = join(import.meta.dirname, "../../../migrations");

/** One numbered SQL file; applied once, then never changed. */
export interface Migration {
  readonly number: number;
  /** `0001-audit-log.sql` */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
  /** An older process cannot live beside it: first line `--! breaking`. */
  readonly breaking: boolean;
}

export interface MigrateOptions {
  readonly url: string;
  readonly directory?: string;
  /** Told what graphile-worker warns about. */
  readonly onProblem?: (problem: string) => void;
}

// ASCII "roll": any fixed number does, as long as all our processes take the same.
const LOCK = 0x726f6c6c;
// Another process may be migrating a large table; a start waits that long, not for ever.
const LOCK_TIMEOUT_MS = 60_000;

// The control service's role may not change the schema; it waits until somebody who may has done so.
const OWNER_FIRST =
  "the schema is older than this version, and this role may not change it: npm run migrate as its owner";

/**
 * Brings the schema to this version, ours and graphile-worker's: forward only, one process at a time, one transaction a file.
 * @returns names of the files applied now
 * @throws Failure "conflict" if an applied file was changed or is missing, or a newer version made a breaking change;
 *   "unavailable"
 */
export async function migrate({ url, directory = MIGRATIONS_DIR, onProblem }: MigrateOptions): Promise<string[]> {
  const files = await readMigrations(directory);
  // Without statement_timeout: building an index may take its time.
  const pool = new pg.Pool({
    connectionString: url,
    max: 2,
    connectionTimeoutMillis: 5000,
    application_name: "rollcall-migrate",
  });
  pool.on("error", () => undefined); // The statement under way reports it.
  pool.on("connect", (client) => client.on("error", () => undefined));
  try {
    return await withLock(pool, async (client) => {
      const applied = await applyMissing(client, files);
      await runMigrations({ pgPool: pool, logger: workerLogger(onProblem) });
      await grantRights(client);
      return applied;
    });
  } catch (error) {
    throw isForbidden(error) ? new Failure("unavailable", OWNER_FIRST, { cause: error }) : asFailure(error);
  } finally {
    await pool.end();
  }
}

/** The files of a directory, by number. @throws Error if a name, a number or a first line is not as it must be */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).toSorted();
  const files = await Promise.all(
    names.map(async (name) => parseMigration(name, await readFile(join(directory, name), "utf8"))),
  );
  // Gaps are allowed: work that goes on side by side agrees on numbers beforehand.
  const twice = files.find((file, index) => file.number === files[index - 1]?.number);
  if (twice !== undefined) throw new Error(`${twice.name}: another file has the number ${twice.number}`);
  return files;
}

function parseMigration(name: string, sql: string): Migration {
  const number = Number(/^(\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.sql$/.exec(name)?.[1]);
  if (!(number > 0)) throw new Error(`${name}: expected 0001-<what>.sql, four digits and words in lower case`);
  const first = /^--(!)? (breaking )?\S.*\S$/.exec(sql.split("\n", 1)[0] ?? "");
  if (first === null || (first[1] === undefined) !== (first[2] === undefined))
    throw new Error(`${name}: the first line must be "-- " or "--! breaking " and a sentence why`);
  return {
    number,
    name,
    sql,
    checksum: createHash("sha256").update(sql).digest("hex"),
    breaking: first[1] !== undefined,
  };
}

async function withLock<Result>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    return await work(client);
  } finally {
    // The session ends, and with it the lock.
    client.release(true);
  }
}

async function applyMissing(client: pg.PoolClient, files: readonly Migration[]): Promise<string[]> {
  // Even "if not exists" needs the right to make tables.
  const { rows: found } = await client.query("select to_regclass('migrations') is not null as exists");
  if (!found[0]?.exists)
    await client.query(`
    create table migrations (
      number integer primary key,
      name text not null,
      checksum text not null,
      breaking boolean not null,
      applied_at timestamptz not null default clock_timestamp()
    )`);
  const { rows } = await client.query<Pick<Migration, "number" | "name" | "checksum" | "breaking">>(
    "select number, name, checksum, breaking from migrations order by number",
  );
  for (const row of rows) checkApplied(row, files);
  const missing = files.filter((file) => !rows.some((row) => row.number === file.number));
  for (const file of missing) await applyOne(client, file);
  return missing.map((file) => file.name);
}

function checkApplied(
  row: Pick<Migration, "number" | "name" | "checksum" | "breaking">,
  files: readonly Migration[],
): void {
  const file = files.find(({ number }) => number === row.number);
  if (file?.checksum === row.checksum) return;
  if (file !== undefined)
    throw new Failure("conflict", `migration ${row.name} was changed after it was applied`, {
      found: `${file.name} with SHA-256 ${file.checksum}`,
      allowed: [row.checksum],
      next: "Put the file back as it was, and make the change in a new file.",
    });
  const isNewer = row.number > (files.at(-1)?.number ?? 0);
  // A newer version that only added things can be lived with: the older one does not know of them.
  if (isNewer && !row.breaking) return;
  const what = isNewer ? "the database belongs to a newer version of Rollcall" : `migration ${row.name} is missing`;
  throw new Failure("conflict", what, { found: row.name, next: "Start the version that made it, or a newer one." });
}

async function applyOne(client: pg.PoolClient, file: Migration): Promise<void> {
  await client.query("begin");
  try {
    // The number first: whoever applies the same file without our lock fails here, before any of its statements.
    await client.query("insert into migrations (number, name, checksum, breaking) values ($1, $2, $3, $4)", [
      file.number,
      file.name,
      file.checksum,
      file.breaking,
    ]);
    await client.query(file.sql);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    if (whyAway(error) !== null || isForbidden(error)) throw error;
    throw new Error(`migration ${file.name} failed: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
