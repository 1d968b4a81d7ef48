import { requestContext } from "@rollcall/core/protocol/request-context.ts";
import { Gauge, type Registry } from "prom-client";
import { TracedHistogram } from "./traced-histogram.ts";

type Query = (...args: never[]) => unknown;

/** The part of `pg.Pool` that is watched. */
interface WatchedPool {
  on(event: "connect", listener: (client: { query: unknown }) => void): unknown;
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

export interface DatabaseMetrics {
  /** Counts its connections and times every query on them, from now on. */
  watch(pool: WatchedPool): void;
}

/** The pool of connections to PostgreSQL, and how quickly it answers. */
export function createDatabaseMetrics(registry: Registry): DatabaseMetrics {
  let pool: WatchedPool | null = null;
  new Gauge({
    name: "rollcall_database_connections",
    help: "Connections of the pool by state",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      if (pool === null) return;
      this.set({ state: "idle" }, pool.idleCount);
      this.set({ state: "busy" }, pool.totalCount - pool.idleCount);
    },
  });
  new Gauge({
    name: "rollcall_database_requests_waiting",
    help: "Requests that wait for a connection of the pool",
    registers: [registry],
    collect() {
      if (pool !== null) this.set(pool.waitingCount);
    },
  });
  const duration = new TracedHistogram({
    name: "rollcall_database_query_duration_seconds",
    help: "Time of one round trip to PostgreSQL",
    // statement_timeout is 2 s.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  return {
    watch(watched) {
      pool = watched;
      // pg has no hook for queries, so each new connection's own method is timed.
      watched.on("connect", (client) => {
        client.query = timed((client.query as Query).bind(client), duration);
      });
    },
  };
}

/** The same query function, which tells how long each call took; it may answer by a promise or by a callback. */
function timed(query: Query, duration: TracedHistogram): (...args: unknown[]) => unknown {
  return (...args) => {
    const startedAt = performance.now();
    // A callback is called in the context of its connection, so the trace is that of the call.
    const { traceparent = null } = requestContext();
    const done = (): void => duration.count({}, (performance.now() - startedAt) / 1000, traceparent);
    const callback = args.at(-1);
    if (typeof callback === "function") {
      const answer = (...results: unknown[]): unknown => {
        done();
        return callback(...results);
      };
      return query(...([...args.slice(0, -1), answer] as never[]));
    }
    const result = query(...(args as never[]));
    if (result instanceof Promise) result.then(done, done);
    return result;
  };
}
