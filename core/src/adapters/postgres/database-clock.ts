import type { Clock } from "../../ports/clock.ts";
import { createServerClock } from "../../protocol/server-clock.ts";
import { type Queryable, query } from "./pool.ts";

/**
 * PostgreSQL's time, by which rows begin and end: control services whose hosts disagree go by the same one, and a host's wall
 * clock that is wrong or jumps moves nothing. Between two answers the monotonic clock counts on.
 */
export interface DatabaseClock extends Clock {
  /** PostgreSQL's time in ms; this host's own until PostgreSQL has answered once. */
  now(): number;
  skewMs(): number;
  /** Asks PostgreSQL for its time. @throws Failure "unavailable" */
  ask(): Promise<void>;
}

/** @param on where it is asked; it connects at the first `ask` */
export function createDatabaseClock(on: Queryable): DatabaseClock {
  const clock = createServerClock();
  return {
    now: clock.now,
    skewMs: clock.skewMs,
    async ask() {
      const askedAt = performance.now();
      const [row] = await query<{ now: number }>(
        on,
        "select extract(epoch from clock_timestamp())::double precision * 1000 as now",
      );
      if (row !== undefined) clock.learn(row.now, askedAt, performance.now());
    },
  };
}
