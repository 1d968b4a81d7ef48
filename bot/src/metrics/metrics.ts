import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { type AlertMetrics, createAlertMetrics } from "./alerts.ts";
import { type AuditMetrics, createAuditMetrics } from "./audit.ts";
import { type BrakeMetrics, createBrakeMetrics } from "./brakes.ts";
import { type BusMetrics, createBusMetrics } from "./bus.ts";
import { type CommandMetrics, createCommandMetrics } from "./commands.ts";
import { createDatabaseMetrics, type DatabaseMetrics } from "./database.ts";
import { createDeadLetterMetrics, type DeadLetterMetrics } from "./dead-letters.ts";
import { createDirectoryMetrics, type DirectoryMetrics } from "./directory.ts";
import { createHttpMetrics, type HttpMetrics } from "./http.ts";
import { createLeaseMetrics, type LeaseMetrics } from "./lease.ts";
import { createLimitMetrics, type LimitMetrics } from "./limits.ts";
import { createLiveMetrics, type LiveMetrics } from "./live.ts";
import { createLogMetrics, type LogMetrics } from "./logs.ts";
import { createScheduleMetrics, type ScheduleMetrics } from "./schedule.ts";
import { createSecretMetrics, type SecretMetrics } from "./secrets.ts";
import { createSlackMetrics, type SlackMetrics } from "./slack.ts";

/** Everything that the control service counts about itself; one registry per process. */
export interface Metrics {
  readonly registry: Registry;
  readonly http: HttpMetrics;
  readonly bus: BusMetrics;
  readonly commands: CommandMetrics;
  readonly database: DatabaseMetrics;
  readonly alerts: AlertMetrics;
  readonly deadLetters: DeadLetterMetrics;
  readonly brakes: BrakeMetrics;
  readonly lease: LeaseMetrics;
  readonly audit: AuditMetrics;
  readonly directory: DirectoryMetrics;
  readonly limits: LimitMetrics;
  readonly live: LiveMetrics;
  readonly logs: LogMetrics;
  readonly schedule: ScheduleMetrics;
  readonly secrets: SecretMetrics;
  readonly slack: SlackMetrics;
}

/** Makes all families, those that alerts need at 0 from the start. */
export function createMetrics({ version }: { version: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labels = { name: "rollcall_build_info", help: "Always 1; the label says what runs", labelNames: ["version"] };
  new Gauge({ ...labels, registers: [registry] }).set({ version }, 1);
  const startedAt = Date.now();
  new Gauge({
    name: "rollcall_uptime_seconds",
    help: "Seconds since the control service started",
    registers: [registry],
    collect() {
      this.set((Date.now() - startedAt) / 1000);
    },
  });
  return {
    registry,
    http: createHttpMetrics(registry),
    bus: createBusMetrics(registry),
    commands: createCommandMetrics(registry),
    database: createDatabaseMetrics(registry),
    alerts: createAlertMetrics(registry),
    deadLetters: createDeadLetterMetrics(registry),
    brakes: createBrakeMetrics(registry),
    lease: createLeaseMetrics(registry),
    audit: createAuditMetrics(registry),
    directory: createDirectoryMetrics(registry),
    limits: createLimitMetrics(registry),
    live: createLiveMetrics(registry),
    logs: createLogMetrics(registry),
    schedule: createScheduleMetrics(registry),
    secrets: createSecretMetrics(registry),
    slack: createSlackMetrics(registry),
  };
}
