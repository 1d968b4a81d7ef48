import { createHmac } from "node:crypto";
import type { FleetFile } from "@rollcall/core/fleet-file.ts";
import { deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import type { Ports } from "./addresses.ts";
import { type Layout, STACK_MARK } from "./layout.ts";
import type { Secrets } from "./secrets.ts";
import type { Credentials, Settings } from "./settings.ts";

/** What every step of a start needs to know. */
export interface StackContext {
  readonly layout: Layout;
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly settings: Settings;
  readonly credentials: Credentials;
  readonly fleet: FleetFile;
  readonly fleetFile: string;
  readonly accessFile: string;
  /** For every process of the stack, above everything else. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The addresses of a running stack; all on the loopback interface. */
export interface Addresses {
  readonly control: string;
  readonly exporter: string;
  readonly prometheus: string;
  readonly alertmanager: string;
  /** null: the real Slack. */
  readonly slack: string | null;
  /** null: the real Google. */
  readonly google: string | null;
  /** null: the real PagerDuty. */
  readonly pagerduty: string | null;
  /** null: the real Grafana. */
  readonly grafana: string | null;
  /** Of the database `rollcall`, with the superuser's password. */
  readonly databaseUrl: string;
  /** The same as the control service connects, whose role can only append to the audit log. */
  readonly controlDatabaseUrl: string;
  /** Of the default user, who may do everything. */
  readonly redisUrl: string;
  readonly supervisorSocket: string;
}

export function addressesOf({ ports, secrets, credentials, layout }: StackContext): Addresses {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  return {
    control: url(ports.control),
    exporter: url(ports.exporter),
    prometheus: url(ports.prometheus),
    alertmanager: url(ports.alertmanager),
    slack: credentials.slack === null ? url(ports.slack) : null,
    google: credentials.google === null ? url(ports.google) : null,
    pagerduty: credentials.pagerdutyRoutingKey === null ? url(ports.pagerduty) : null,
    grafana: credentials.grafana === null ? url(ports.grafana) : null,
    databaseUrl: `postgres://rollcall:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}/rollcall`,
    controlDatabaseUrl: `postgres://${CONTROL_LOGIN}:${deriveDatabasePassword(secrets)}@127.0.0.1:${ports.postgres}/rollcall`,
    redisUrl: `redis://default:${secrets.redisPassword}@127.0.0.1:${ports.redis}`,
    supervisorSocket: layout.supervisorSocket,
  };
}

/** Login of the control service in PostgreSQL. */
export const CONTROL_LOGIN = "rollcall_control";

/** Its password; from it nobody learns the owner's. */
export const deriveDatabasePassword = ({ postgresPassword }: Pick<Secrets, "postgresPassword">): string =>
  createHmac("sha256", postgresPassword).update(`postgres:${CONTROL_LOGIN}`).digest("hex");

/** What the stand-in's plugin and the control service know each other by; a stack that was made before has one too. */
export const deriveGrafanaSecret = ({ postgresPassword }: Pick<Secrets, "postgresPassword">): string =>
  createHmac("sha256", postgresPassword).update("grafana plugin").digest("hex");

/** Redis as one of the two programs that have a user of their own there. */
export const redisUrlOf = ({ secrets, ports }: StackContext, user: "control" | "exporter"): string =>
  `redis://${user}:${deriveRedisPassword(secrets.fleetKey, user)}@127.0.0.1:${ports.redis}`;

/** Where Node keeps what it has compiled. */
export const compileCacheOf = ({ layout }: Pick<StackContext, "layout">): string => `${layout.root}/cache`;

/** Environment that marks a process as one of this stack. */
export const markOf = ({ layout, environment }: StackContext): Record<string, string> => ({
  // The agents and our programs are TypeScript: compile each file once for all 24 of them.
  NODE_COMPILE_CACHE: compileCacheOf({ layout }),
  ...environment,
  [STACK_MARK]: layout.root,
});
