import { createLogStore } from "@rollcall/core/adapters/postgres/log-store.ts";
import type { Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import type { LogLine } from "@rollcall/core/domain/log-line.ts";
import type { LogStore } from "@rollcall/core/ports/log-store.ts";
import { callers, makeApp } from "./app-fixture.ts";
import type { AppDeps } from "./deps.ts";
import { incident } from "./incident-fixture.ts";

/** Lines from ahead count as written when they came, so this stage's clock is the real one, standing still. */
export const NOW = Date.now();
export const MINUTE_MS = 60_000;

/** A line of billing, a minute ago. */
export const lineOf = (text: string, more: Partial<LogLine> = {}): LogLine => ({
  ...{ source: "billing", kind: "agent", at: NOW - MINUTE_MS, level: "info", text },
  ...{ trace: null, run: null, operation: null, fields: {} },
  ...more,
});

/** The app on lines in PostgreSQL. */
export interface LogStage {
  readonly logs: LogStore;
  /** Takes lines in, one piece after another. */
  take(...lines: LogLine[]): Promise<void>;
  clear(): Promise<void>;
  app(change?: (deps: AppDeps) => AppDeps): ReturnType<typeof makeApp>;
  /** Asks a fresh app. */
  get(
    url: string,
    who?: keyof typeof callers,
  ): Promise<Awaited<ReturnType<ReturnType<typeof makeApp>["app"]["inject"]>>>;
}

export function createLogStage(pool: Pool): LogStage {
  const logs = createLogStore(pool);
  let place = 0;
  const stage: LogStage = {
    logs,
    async take(...lines) {
      const before = place === 0 ? null : String(place);
      place += 1;
      if (!(await logs.keep({ source: "test", before, after: String(place), lines })))
        throw new Error("somebody else took lines in");
    },
    async clear() {
      place = 0;
      await pool.query("truncate log_lines restart identity");
      await pool.query("truncate log_cursors");
    },
    app: (change = (deps) => deps) =>
      makeApp((deps) => {
        const clock = { now: () => NOW };
        return change({ ...deps, ports: { ...deps.ports, logs, clock, incidents: withAlerts(deps) } });
      }),
    get: async (url, who = "viewer") => await stage.app().app.inject({ url: `/api/v1${url}`, headers: callers[who] }),
  };
  return stage;
}

const HOUR_MS = 60 * MINUTE_MS;
const alertOf = (more: object) => ({
  ...{ fingerprint: "f", alertname: "AgentGone", agent: "billing", labels: {}, annotations: {} },
  ...{ startsAt: NOW - 5 * MINUTE_MS, firing: true, endedAt: null },
  ...more,
});

/** inc-3 fires for billing since five minutes, inc-2 did from two hours ago to one hour ago. */
const withAlerts = ({ ports }: AppDeps): AppDeps["ports"]["incidents"] => ({
  ...ports.incidents,
  open: async () => [{ ...incident, alerts: [alertOf({})] }],
  ended: async () => [
    {
      ...{ ...incident, id: "inc-2", state: "resolved" as const, resolvedAt: NOW - HOUR_MS },
      alerts: [alertOf({ startsAt: NOW - 2 * HOUR_MS, firing: false, endedAt: NOW - HOUR_MS })],
    },
  ],
});
