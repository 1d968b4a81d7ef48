import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../../domain/failure.ts";
import { LOG_LEVELS, type LogLine } from "../../domain/log-line.ts";
import type { LogStore } from "../../ports/log-store.ts";
import { asFailure } from "./database-failure.ts";
import { wordsOf } from "./log-filter.ts";
import { searchLines } from "./log-search.ts";
import { toJson, toMillis, toText } from "./operation-rows.ts";
import { inTransaction, type Pool, query, transact } from "./pool.ts";

/** Lines of all sources in PostgreSQL, a partition a day, and where the reading of each place goes on. */
export const createLogStore = (pool: Pool): LogStore => ({
  ...searchLines(pool),
  keep: (piece) => keep(pool, piece),
  async cursor(source) {
    const rows = await query<{ cursor: string | null }>(pool, "select cursor from log_cursors where source = $1", [
      toText(source),
    ]);
    return rows[0]?.cursor ?? null;
  },
  async noteProblem(source, problem) {
    await query(
      pool,
      `insert into log_cursors (source, problem) values ($1, $2)
       on conflict (source) do update set problem = excluded.problem`,
      [toText(source), toText(problem).slice(0, 1000)],
    );
  },
  async sources() {
    const rows = await query<{ source: string; read_at: Date | null; problem: string | null }>(
      pool,
      "select source, read_at, problem from log_cursors order by source",
    );
    return rows.map((row) => ({ name: row.source, readAt: toMillis(row.read_at), problem: row.problem }));
  },
  forget: (keptDays) => forget(pool, keptDays),
});

// Who follows asks for what came after an id, so no smaller id may become visible later: one writer at a time, to its commit.
const ONE_WRITER = "select pg_advisory_xact_lock(hashtextextended('log_lines', 0))";

/** A line from further ahead than this has a clock that nobody can follow; it counts as written now. */
const LARGEST_SKEW = "interval '1 hour'";

const KEEP = `
  with moved as (
    update log_cursors set cursor = $3, read_at = clock_timestamp(), problem = null
    where source = $1 and cursor is not distinct from $2
    returning 1
  ), begun as (
    insert into log_cursors (source, cursor, read_at)
    select $1, $3, clock_timestamp() where $2::text is null and not exists (select 1 from moved)
    on conflict do nothing
    returning 1
  ), kept as (
    insert into log_lines (source, is_agent, at, level, text, trace, run, operation, fields, words)
    select source, is_agent,
      case when at > clock_timestamp() + ${LARGEST_SKEW} then date_trunc('milliseconds', clock_timestamp()) else at end,
      level, text, trace, run, operation, fields::jsonb, words
    from unnest($4::text[], $5::boolean[], $6::timestamptz[], $7::smallint[], $8::text[], $9::text[], $10::text[],
      $11::text[], $12::text[], $13::text[])
      with ordinality as line (source, is_agent, at, level, text, trace, run, operation, fields, words, place)
    where exists (select 1 from moved union all select 1 from begun)
    order by place
  )
  select exists (select 1 from moved union all select 1 from begun) as is_kept`;

async function keep(pool: Pool, { source, before, after, lines }: Parameters<LogStore["keep"]>[0]): Promise<boolean> {
  const values = [toText(source), before === null ? null : toText(before), toText(after), ...columnsOf(lines)];
  const attempt = (): Promise<boolean> =>
    inTransaction(pool, async (client) => {
      await client.query(ONE_WRITER);
      const { rows } = await client.query<{ is_kept: boolean }>(KEEP, values);
      return rows[0]?.is_kept === true;
    });
  try {
    return await attempt();
  } catch (error) {
    // Its day was made while it waited to write among the stray ones; now it finds the day.
    if (isOutOfPartition(error)) return await attempt();
    throw error;
  }
}

const isOutOfPartition = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  error.code === "23514" &&
  "table" in error &&
  error.table === "log_lines_default";

const textOrNull = (text: string | null): string | null => (text === null ? null : toText(text));

const columnsOf = (lines: readonly LogLine[]): unknown[][] => [
  lines.map(({ source }) => toText(source)),
  lines.map(({ kind }) => kind === "agent"),
  lines.map(({ at }) => momentOf(at)),
  lines.map(({ level }) => LOG_LEVELS.indexOf(level)),
  lines.map(({ text }) => toText(text)),
  lines.map(({ trace }) => textOrNull(trace)),
  lines.map(({ run }) => textOrNull(run)),
  lines.map(({ operation }) => textOrNull(operation)),
  lines.map(({ fields }) => toJson(fields)),
  lines.map((line) => toText(wordsOf(line))),
];

const YEAR_9999_MS = 253_370_764_800_000;
/** A line may say any time; what is none is the beginning of time, so that it is let go of. */
const momentOf = (at: number): Date => new Date(Number.isFinite(at) ? Math.min(Math.max(at, 0), YEAR_9999_MS) : 0);

/** Days are made and dropped with the whole table locked: rather try again than let everybody wait behind a long search. */
const LOCK_MS = 300;
const ATTEMPTS = 8;
const PAUSE_MS = 500;
/** Lines that came before their day was made are moved. */
const FORGET_MS = 60_000;

async function forget(pool: Pool, keptDays: number): Promise<number> {
  if (!Number.isInteger(keptDays) || keptDays < 1 || keptDays > 3650)
    throw new Failure("invalid_input", "lines are kept for a whole number of days from 1 to 3650", {
      found: String(keptDays),
    });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transact(pool, async (client) => {
        await client.query(`set local lock_timeout = ${LOCK_MS}; set local statement_timeout = ${FORGET_MS}`);
        const { rows } = await client.query<{ gone: number }>({
          ...{ text: "select log_days($1) as gone", values: [keptDays], query_timeout: FORGET_MS + 1000 },
        });
        return rows[0]?.gone ?? 0;
      });
    } catch (error) {
      if (attempt === ATTEMPTS || !isLocked(error)) throw asFailure(error);
      await pause(PAUSE_MS);
    }
  }
}

const isLocked = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "55P03";
