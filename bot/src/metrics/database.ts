import { Gauge, Histogram, type Registry } from "prom-client";

/** The part of `pg.Pool` that is watched. */
export interface WatchedPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

export interface DatabaseMetrics {
  watch(pool: WatchedPool): void;
  /** Seconds of one round trip to PostgreSQL. */
  observe(seconds: number): void;
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
  const duration = new Histogram({
    name: "rollcall_database_query_duration_seconds",
    help: "Time of one round trip to PostgreSQL",
    // statement_timeout is 2 s.
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  return {
    watch(watched) {
      pool = watched;
    },
    observe: (seconds) => duration.observe(seconds),
  };
}
