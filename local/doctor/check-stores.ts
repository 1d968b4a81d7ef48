import { MIGRATIONS_DIR, readMigrations } from "@rollcall/core/adapters/postgres/migrate.ts";
import { Redis } from "ioredis";
import pg from "pg";
import { type Finding, fine, mend, reasonOf, skipped } from "./finding.ts";
import type { Situation } from "./situation.ts";

const PATIENCE_MS = 3000;
/** Agents measure their clock against Redis; two seconds are far above what a network does. */
const MOST_SKEW_MS = 2000;
const RESTART = "See its log, then npm stop and npm start.";

/** How far a clock is from ours. @param at its time in ms @param began ours before it was asked */
export function clockFinding(name: string, { at, began, now }: { at: number; began: number; now: number }): Finding {
  const skew = at < began ? at - began : Math.max(0, at - now);
  const text = `${(Math.abs(skew) / 1000).toFixed(1)} s ${skew < 0 ? "behind" : "ahead of"} this machine`;
  if (Math.abs(skew) <= MOST_SKEW_MS) return fine(name, skew === 0 ? "agrees with this machine" : text);
  return mend(
    name,
    text,
    "Set this machine's clock by NTP (timedatectl set-ntp true); Slack refuses what is 5 min off.",
  );
}

/** Redis: reachable, its clock, what it does when memory is short, and whether it keeps its data. */
export async function checkRedis({ redisUrl, isRunning }: Situation): Promise<Finding[]> {
  if (redisUrl === null) return [skipped("Redis", "no start yet, so no password")];
  if (!isRunning) return [skipped("Redis", "the stack does not run")];
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    retryStrategy: () => null,
  });
  let last: unknown = null;
  redis.on("error", (error: Error) => {
    last = error;
  });
  try {
    await redis.connect();
    const began = Date.now();
    const [seconds, micros] = await redis.time();
    const at = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    return [
      ...redisFindings(await redis.info(), await readConfig(redis)),
      clockFinding("clock of Redis", { at, began, now: Date.now() }),
    ];
  } catch (error) {
    return [mend("Redis", `does not answer: ${reasonOf(last ?? error)}`, RESTART)];
  } finally {
    redis.disconnect();
  }
}

async function readConfig(redis: Redis): Promise<Record<string, string>> {
  const flat = (await redis.config("GET", "maxmemory-policy", "appendonly", "appendfsync")) as string[];
  return Object.fromEntries(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ""]] : [])));
}

function redisFindings(info: string, config: Record<string, string>): Finding[] {
  const of = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const version = of("redis_version");
  const policy = config["maxmemory-policy"] ?? "unknown";
  const [major = 0] = version.split(".").map(Number);
  return [
    major >= 7
      ? fine("Redis", `${version} answers`)
      : mend("Redis", `is ${version}`, "Install Redis 7.0 or newer; the lag of a group is not known before."),
    policy === "noeviction"
      ? fine("Redis policy", policy)
      : mend("Redis policy", `maxmemory-policy is ${policy}`, "Set it to noeviction: any other throws commands away."),
    config.appendonly === "yes" && of("aof_last_write_status") === "ok"
      ? fine("Redis persistence", `append-only file, fsync ${config.appendfsync}`)
      : persistenceProblem(config.appendonly === "yes"),
  ];
}

const persistenceProblem = (isOn: boolean): Finding =>
  isOn
    ? mend("Redis persistence", "the last write of the append-only file failed", "Make room on its disk.")
    : mend("Redis persistence", "appendonly is off", "Set appendonly yes: commands must survive a restart of Redis.");

/** PostgreSQL: reachable, its version, our migrations, its clock. */
export async function checkPostgres({ databaseUrl, isRunning }: Situation): Promise<Finding[]> {
  if (databaseUrl === null) return [skipped("PostgreSQL", "no start yet, so no password")];
  if (!isRunning) return [skipped("PostgreSQL", "the stack does not run")];
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
    application_name: "rollcall-doctor",
  });
  client.on("error", () => undefined); // The statement under way reports it.
  try {
    await client.connect();
    const began = Date.now();
    const { rows } = await client.query<{ version: string; at: Date }>(
      "select current_setting('server_version') as version, clock_timestamp() as at",
    );
    const { version = "0", at = new Date(0) } = rows[0] ?? {};
    return [
      Number.parseInt(version, 10) >= 15
        ? fine("PostgreSQL", `${version.split(" ")[0]} answers`)
        : mend("PostgreSQL", `is ${version}`, "Install PostgreSQL 15 or newer."),
      clockFinding("clock of PostgreSQL", { at: at.getTime(), began, now: Date.now() }),
      await migrationFinding(client),
    ];
  } catch (error) {
    return [mend("PostgreSQL", `does not answer: ${reasonOf(error)}`, RESTART)];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function migrationFinding(client: pg.Client): Promise<Finding> {
  const files = await readMigrations(MIGRATIONS_DIR);
  const { rows } = await client
    .query<{ name: string; checksum: string }>("select name, checksum from migrations order by number")
    .catch(() => ({ rows: [] }));
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const missing = files.filter(({ name }) => !applied.has(name)).map(({ name }) => name);
  const changed = files.filter(({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum);
  if (changed.length > 0)
    return mend(
      "migrations",
      `${changed.map(({ name }) => name).join(", ")} differ from what was applied`,
      "Restore the files from git; an applied migration never changes.",
    );
  if (missing.length > 0)
    return mend("migrations", `${missing.join(", ")} not applied`, "npm stop and npm start: a start migrates.");
  const newer = applied.size - files.length;
  return fine("migrations", newer > 0 ? `all applied, and ${newer} of a newer version` : `${files.length} applied`);
}
