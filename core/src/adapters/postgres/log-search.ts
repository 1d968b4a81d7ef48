import pg from "pg";
import { Failure } from "../../domain/failure.ts";
import { type KeptLogLine, LOG_LEVELS, type LogLevel } from "../../domain/log-line.ts";
import { createLanes } from "../../lanes.ts";
import type { LogCount, LogFilter, LogStore } from "../../ports/log-store.ts";
import { asFailure } from "./database-failure.ts";
import { type Conditions, conditionsOf } from "./log-filter.ts";
import { toDate, toText } from "./operation-rows.ts";
import { type Pool, query, transact } from "./pool.ts";

const COLUMNS = "id, source, is_agent, at, level, text, trace, run, operation, fields";

/** A search scans the days asked for; longer than this nobody waits, and others need the disk too. */
const SEARCH_MS = 3000;
/** For a server that says nothing any more. */
const ANSWER_MS = 4000;
/** The pool's other connections stay for who restarts something meanwhile. */
const AT_ONCE = 6;
const NARROWER = "Ask for a shorter time, fewer agents, or a trace, run or operation.";

/** Where searches are done, few at a time. */
interface Room {
  readonly pool: Pool;
  readonly lane: ReturnType<typeof createLanes>;
}

interface LineRow {
  readonly id: string;
  readonly source: string;
  readonly is_agent: boolean;
  readonly at: Date;
  readonly level: number;
  readonly text: string;
  readonly trace: string | null;
  readonly run: string | null;
  readonly operation: string | null;
  readonly fields: Readonly<Record<string, string>>;
}

/** What is asked of kept lines; nothing here changes them. */
export function searchLines(pool: Pool): Pick<LogStore, "search" | "after" | "count" | "newest" | "taken"> {
  const room: Room = { pool, lane: createLanes(AT_ONCE) };
  return {
    async search(filter, page) {
      const conditions = conditionsOf(filter);
      const isOldestFirst = page.behind !== undefined;
      const place = page.behind ?? page.before ?? null;
      if (place !== null) {
        const [at, id] = [conditions.value(toDate(place.at)), conditions.value(place.id)];
        conditions.add(`(at, id) ${isOldestFirst ? ">" : "<"} (${at}::timestamptz, ${id}::bigint)`);
      }
      const direction = isOldestFirst ? "asc" : "desc";
      return await linesOf(room, filter, { conditions, rest: `order by at ${direction}, id ${direction}`, ...page });
    },
    async after(id, filter, limit) {
      const conditions = conditionsOf(filter);
      conditions.add(`id > ${conditions.value(id)}`);
      return await linesOf(room, filter, { conditions, rest: "order by id", limit });
    },
    async newest() {
      const [row] = await query<{ newest: string }>(pool, "select coalesce(max(id), 0) as newest from log_lines");
      return Number(row?.newest ?? 0);
    },
    async taken(after) {
      const rows = await query<{ level: number; lines: string; newest: string }>(
        pool,
        "select level, count(*) as lines, max(id) as newest from log_lines where id > $1 group by level",
        [after],
      );
      const newest = Math.max(after, ...rows.map((row) => Number(row.newest)));
      return { newest, counts: countsOf(rows) };
    },
    async count(filter, stepMs) {
      const { value, values, where } = conditionsOf(filter);
      const [origin, step] = [value(toDate(filter.from)), value(stepMs / 1000)];
      const text = `select date_bin(make_interval(secs => ${step}), at, ${origin}::timestamptz) as begins, level, count(*) as lines
       from log_lines where ${where()} group by 1, 2`;
      const rows = await search<{ begins: Date; level: number; lines: string }>(room, filter, { text, values });
      return bucketsOf(
        filter,
        stepMs,
        Map.groupBy(rows, ({ begins }) => begins.getTime()),
      );
    },
  };
}

type Counted = readonly { readonly level: number; readonly lines: string }[];

const countsOf = (rows: Counted): Partial<Record<LogLevel, number>> =>
  Object.fromEntries(rows.map(({ level, lines }) => [LOG_LEVELS[level], Number(lines)]));

function bucketsOf(
  { from, to }: { readonly from: number; readonly to: number },
  stepMs: number,
  rows: ReadonlyMap<number, Counted>,
): LogCount[] {
  const count = Math.max(0, Math.ceil((to - from) / stepMs));
  return Array.from({ length: count }, (_, place) => from + place * stepMs).map((begins) => ({
    from: begins,
    counts: countsOf(rows.get(begins) ?? []),
  }));
}

interface Wanted {
  readonly conditions: Conditions;
  readonly rest: string;
  readonly limit: number;
}

async function linesOf(room: Room, filter: LogFilter, { conditions, rest, limit }: Wanted): Promise<KeptLogLine[]> {
  const last = conditions.value(limit);
  const text = `select ${COLUMNS} from log_lines where ${conditions.where()} ${rest} limit ${last}`;
  const rows = await search<LineRow>(room, filter, { text, values: conditions.values });
  return rows.map(toLine);
}

const toLine = (row: LineRow): KeptLogLine => ({
  id: Number(row.id),
  source: row.source,
  kind: row.is_agent ? "agent" : "service",
  at: row.at.getTime(),
  level: LOG_LEVELS[row.level] ?? "info",
  ...{ text: row.text, trace: row.trace, run: row.run, operation: row.operation, fields: row.fields },
});

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** One look, limited in time. @throws Failure "invalid_input" if the filter is why there is no answer, "unavailable" */
async function search<Row extends pg.QueryResultRow>(
  { pool, lane }: Room,
  filter: LogFilter,
  { text, values }: Statement,
): Promise<Row[]> {
  try {
    return await lane(() =>
      transact(
        pool,
        async (client) => {
          await client.query(`set local statement_timeout = ${SEARCH_MS}`);
          // Of no line PostgreSQL would never look at the pattern.
          if (filter.pattern !== undefined) await client.query("select '' ~* $1", [toText(filter.pattern)]);
          return (await client.query<Row>({ text, values: [...values], ...{ query_timeout: ANSWER_MS } })).rows;
        },
        "begin read only",
      ),
    );
  } catch (error) {
    throw asSearchFailure(error, filter);
  }
}

const INVALID_REGULAR_EXPRESSION = "2201B";
const QUERY_CANCELED = "57014";

function asSearchFailure(error: unknown, { pattern, words, fields }: LogFilter): unknown {
  if (!(error instanceof pg.DatabaseError)) return asFailure(error);
  if (error.code === INVALID_REGULAR_EXPRESSION) {
    // "invalid regular expression: parentheses () not balanced"
    const why = error.message.replace(/^invalid regular expression: /, "");
    return new Failure("invalid_input", `the pattern is no regular expression: ${why}`, {
      found: toText(pattern ?? "").slice(0, 200),
      next: "Mend it, or ask with q, which takes each sign for itself.",
      cause: error,
    });
  }
  if (error.code !== QUERY_CANCELED) return asFailure(error);
  const isTooWide = pattern !== undefined || (words ?? []).length > 0 || Object.keys(fields ?? {}).length > 0;
  return new Failure(
    isTooWide ? "invalid_input" : "unavailable",
    `searching the lines took longer than ${SEARCH_MS / 1000} s`,
    { next: NARROWER, cause: error },
  );
}
