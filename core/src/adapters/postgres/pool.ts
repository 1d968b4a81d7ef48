import pg from "pg";
import { asFailure, isConnectionLost, isReadOnly } from "./database-failure.ts";

export interface PoolOptions {
  /** `postgres://…` */
  readonly url: string;
  /** Shown in pg_stat_activity: `rollcall-control`. */
  readonly name: string;
  /** Connections at most; 20 if not said. */
  readonly size?: number;
  /** Called for each connection that breaks; the pool replaces it by itself. */
  readonly onProblem?: (error: Error) => void;
  /** Called after each statement, without its values: they may hold what is not meant for a log. */
  readonly onStatement?: ((statement: Statement) => void) | undefined;
}

interface Statement {
  /** Its text on one line, 500 characters at most. */
  readonly sql: string;
  readonly duration_seconds: number;
  readonly failed: boolean;
}

/** A pool of connections to PostgreSQL in which nothing waits for ever. */
export type Pool = pg.Pool;
/** What a statement can be sent to: the pool, or the connection of a transaction. */
export type Queryable = Pick<pg.ClientBase, "query">;

// statement_timeout 2 s and lock_timeout 1 s: Slack waits three seconds (reference/reliability P5). The client's own limit
// is longer, because it is only for a server or a network that says nothing any more.
const TIMEOUTS = {
  connectionTimeoutMillis: 2000,
  statement_timeout: 2000,
  lock_timeout: 1000,
  query_timeout: 3000,
  idle_in_transaction_session_timeout: 5000,
} as const;

// Statements are sent without a wait for the answers to those before; the types of pg do not know the option yet.
const PIPELINED = { pipeline: true };

/** Opens a pool; it connects when it is first used. */
export function createPool({ url, name, size = 20, onProblem, onStatement }: PoolOptions): Pool {
  const pool = new pg.Pool({
    ...TIMEOUTS,
    connectionString: url,
    application_name: name,
    ...PIPELINED,
    max: size,
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    ...(onStatement && { Client: tellingClient(onStatement) }),
  });
  const tell = (error: Error): void => onProblem?.(error);
  pool.on("error", tell);
  // A restart of the database ends the process if a checked-out connection has no listener (reference/reliability M11).
  pool.on("connect", (client) => client.on("error", tell));
  return pool;
}

/** A connection that tells each of its statements. */
function tellingClient(tell: (statement: Statement) => void): typeof pg.Client {
  class TellingClient extends pg.Client {
    // pg's many forms of a call end in one of two: a callback behind the arguments, or a promise as the answer.
    override query(...call: unknown[]): never {
      const startedAt = performance.now();
      const seen = (failed: boolean): void =>
        tell({ sql: textOf(call[0]), duration_seconds: Math.round(performance.now() - startedAt) / 1000, failed });
      const callback = call.at(-1);
      if (typeof callback === "function") {
        const told = (error: unknown, result: unknown): void => {
          seen(error !== null && error !== undefined);
          callback(error, result);
        };
        return Reflect.apply(super.query, this, [...call.slice(0, -1), told]) as never;
      }
      const answer: unknown = Reflect.apply(super.query, this, call);
      const onAnswer = [() => seen(false), () => seen(true)] as const;
      if (answer instanceof Promise) void answer.then(...onAnswer);
      return answer as never;
    }
  }
  return TellingClient as unknown as typeof pg.Client;
}

const textOf = (query: unknown): string => {
  const text = typeof query === "string" ? query : (query as { text?: unknown } | null)?.text;
  return String(text).replaceAll(/\s+/g, " ").trim().slice(0, 500);
};

/** Sends one statement. @throws Failure "unavailable" */
export async function query<Row extends pg.QueryResultRow>(
  on: Queryable,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    return (await on.query<Row>(text, [...values])).rows;
  } catch (error) {
    throw asFailure(error);
  }
}

/**
 * Runs work in one transaction: committed if it returns, rolled back if it throws.
 * @param begin of another isolation than read committed: `begin isolation level repeatable read read only`
 * @throws Failure "unavailable"; what became of a COMMIT whose answer was lost is not known
 */
export async function inTransaction<Result>(
  pool: Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
  begin = "begin",
): Promise<Result> {
  try {
    return await transact(pool, work, begin);
  } catch (error) {
    throw asFailure(error);
  }
}

/** As `inTransaction`, with PostgreSQL's own errors, except when there is no connection at all. */
export async function transact<Result>(
  pool: Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
  begin = "begin",
): Promise<Result> {
  const client = await connect(pool);
  const last: LastStatement[] = [];
  lastStatements.set(client, last);
  let broken: Error | undefined;
  try {
    await client.query(begin);
    const result = await work(client);
    await commit(client, last);
    return result;
  } catch (error) {
    broken = await rollBack(client, error);
    throw error;
  } finally {
    lastStatements.delete(client);
    client.release(broken);
  }
}

interface LastStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Of each transaction under way. */
const lastStatements = new WeakMap<Queryable, LastStatement[]>();

/**
 * Leaves a statement to the end of the transaction, where it is sent together with the commit: what it locks is not held for the
 * way to us and back. If it fails, the transaction is rolled back and throws.
 * @param on connection of a transaction
 */
export function queryAtCommit(on: Queryable, text: string, values: readonly unknown[]): void {
  const last = lastStatements.get(on);
  if (last === undefined) throw new Error("there is no transaction to be committed");
  last.push({ text, values });
}

async function commit(client: pg.PoolClient, last: readonly LastStatement[]): Promise<void> {
  const sent = [...last.map(({ text, values }) => client.query(text, [...values])), client.query("commit")];
  const answers = await Promise.allSettled(sent);
  for (const answer of answers) if (answer.status === "rejected") throw answer.reason;
}

async function connect(pool: Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw asFailure(error);
  }
}

/** @returns why the connection must be thrown away, if it must */
async function rollBack(client: pg.PoolClient, cause: unknown): Promise<Error | undefined> {
  // After a timeout of ours the connection still waits for the old answer; a rollback would queue up behind it.
  if (isConnectionLost(cause)) return new Error("the connection was lost", { cause });
  if (isReadOnly(cause)) return new Error("the server cannot write", { cause });
  try {
    await client.query("rollback");
    return undefined;
  } catch (error) {
    return new Error("the transaction could not be rolled back", { cause: error });
  }
}
