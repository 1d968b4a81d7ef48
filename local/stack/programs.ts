import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Child, startChild } from "../tools/child.ts";
import type { ProcessName } from "./addresses.ts";
import { addressesOf, deriveGrafanaSecret, markOf, redisUrlOf, type StackContext } from "./context.ts";
import { exporterFiles } from "./exporter-files.ts";
import { googleStandIn, readOrMakeGoogleAccount } from "./google-account.ts";
import type { KeptProcess } from "./keeper.ts";
import { REPOSITORY } from "./layout.ts";
import type { Secrets } from "./secrets.ts";
import { areSpansWanted, directoryOf, type Settings, settingsForControl, telemetrySettings } from "./settings.ts";

/** A program of this repository that Node runs. */
export interface Program {
  readonly name: ProcessName;
  readonly file: string;
  readonly port: number | null;
  /** What is loaded before it, if its spans are wanted. */
  readonly telemetry?: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A program as the keeper keeps it; `onStart` sees each process, also the ones started again. */
export function keptProgram(
  context: StackContext,
  program: Program,
  onStart: (child: Child) => void = () => undefined,
): KeptProcess {
  return {
    name: program.name,
    port: program.port,
    start: async () => {
      const child = startChild({
        name: program.name,
        path: process.execPath,
        args: [...preloaded(context, program), join(REPOSITORY, program.file)],
        cwd: REPOSITORY,
        env: { ...telemetrySettings(context.settings), ...program.environment, ...markOf(context) },
        ownGroup: true,
        logFile: logFileOf(context, program.name),
      });
      onStart(child);
      return child;
    },
  };
}

const preloaded = ({ settings }: StackContext, { telemetry }: Program): string[] =>
  telemetry === undefined || !areSpansWanted(settings) ? [] : ["--import", join(REPOSITORY, telemetry)];

/** `logs/control-service.log` */
export const logFileOf = ({ layout }: StackContext, name: ProcessName): string =>
  join(layout.logs, `${name.toLowerCase().replaceAll(" ", "-")}.log`);

export function supervisorProgram({ layout, ports, secrets, settings, fleet }: StackContext): Program {
  return {
    name: "supervisor",
    file: "local/supervisor/main.ts",
    port: ports.supervisor,
    environment: {
      ...productionOf(settings),
      ROLLCALL_SUPERVISOR_SOCKET: layout.supervisorSocket,
      ROLLCALL_SUPERVISOR_METRICS_PORT: String(ports.supervisor),
      ROLLCALL_SUPERVISOR_DIR: join(layout.root, "supervisor"),
      ROLLCALL_AGENTS_DIR: join(layout.root, "agents"),
      ROLLCALL_AGENT_LOGS_DIR: join(layout.logs, "agents"),
      ROLLCALL_AGENTS_FILE: layout.agentsFile,
      ROLLCALL_FLEET: fleet.fleet,
      ROLLCALL_FLEET_KEY: secrets.fleetKey,
      ROLLCALL_REDIS_ADDRESS: `127.0.0.1:${ports.redis}`,
    },
  };
}

/** Who wants the strict rules for secrets wants them of every program. */
const productionOf = ({ ROLLCALL_PRODUCTION }: Settings): Record<string, string> =>
  ROLLCALL_PRODUCTION ? { ROLLCALL_PRODUCTION } : {};

export function slackProgram({ layout, ports, secrets }: StackContext): Program {
  return {
    name: "Slack stand-in",
    file: "local/slack/main.ts",
    port: ports.slack,
    environment: {
      SLACK_STANDIN_PORT: String(ports.slack),
      SLACK_SIGNING_SECRET: secrets.slackSigningSecret,
      SLACK_BOT_TOKEN: secrets.slackBotToken,
      SLACK_APP_TOKEN: appTokenOf(secrets),
      SLACK_REQUEST_URL: `http://127.0.0.1:${ports.control}/slack/events`,
      SLACK_STANDIN_DATA: join(layout.root, "slack/messages.json"),
    },
  };
}

export function googleProgram(context: StackContext): Program {
  const { layout, ports } = context;
  const { email, publicKey, client } = readOrMakeGoogleAccount(layout);
  return {
    name: "Google stand-in",
    file: "local/google/main.ts",
    port: ports.google,
    environment: {
      GOOGLE_STANDIN_PORT: String(ports.google),
      GOOGLE_STANDIN_SERVICE_ACCOUNT: email,
      GOOGLE_STANDIN_PUBLIC_KEY: publicKey,
      GOOGLE_CLIENT_ID: client.id,
      GOOGLE_CLIENT_SECRET: client.secret,
      GOOGLE_STANDIN_REDIRECT_URIS: `http://127.0.0.1:${ports.control}/auth/google/callback`,
      GOOGLE_STANDIN_DATA: join(layout.root, "google/directory.json"),
    },
  };
}

export function pagerdutyProgram({ ports, secrets }: StackContext): Program {
  return {
    name: "PagerDuty stand-in",
    file: "local/pagerduty/main.ts",
    port: ports.pagerduty,
    environment: {
      PAGERDUTY_STANDIN_PORT: String(ports.pagerduty),
      PAGERDUTY_ROUTING_KEY: secrets.pagerdutyRoutingKey,
      PAGERDUTY_API_TOKEN: apiTokenOf(secrets),
    },
  };
}

export function grafanaProgram({ ports, secrets, settings }: StackContext): Program {
  return {
    name: "Grafana stand-in",
    file: "local/grafana/main.ts",
    port: ports.grafana,
    environment: {
      GRAFANA_STANDIN_PORT: String(ports.grafana),
      GRAFANA_STANDIN_UPSTREAM: `http://127.0.0.1:${ports.control}`,
      GRAFANA_STANDIN_PROMETHEUS: `http://127.0.0.1:${ports.prometheus}`,
      GRAFANA_PLUGIN_SECRET: deriveGrafanaSecret(secrets),
      ...(settings.GRAFANA_PACKAGES === undefined ? {} : { GRAFANA_PACKAGES: settings.GRAFANA_PACKAGES }),
    },
  };
}

export function controlProgram(context: StackContext): Program {
  const { layout, ports, secrets, settings } = context;
  return {
    name: "control service",
    file: "bot/src/main.ts",
    telemetry: "bot/telemetry.ts",
    port: ports.control,
    environment: {
      ROLLCALL_PUBLIC_URL: `http://127.0.0.1:${ports.control}`,
      ROLLCALL_RUNBOOK_URL: runbookUrl(context),
      ROLLCALL_GRAFANA_APP_URL: grafanaAppUrl(context),
      // Who tries things out calls the roll again and again, of 22 agents on this machine.
      ROLLCALL_LIMITS: "roll-call-fleet=20/1m",
      ...settingsForControl(settings),
      ...slackEnvironment(context),
      ...signInEnvironment(context),
      ...pagerdutyEnvironment(context),
      ...googleEnvironment(context),
      ...grafanaEnvironment(context),
      ROLLCALL_HTTP_HOST: "127.0.0.1",
      ROLLCALL_HTTP_PORT: String(ports.control),
      DATABASE_URL: addressesOf(context).controlDatabaseUrl,
      ROLLCALL_AUDIT_ANCHOR_DIR: join(layout.root, "anchors"),
      ROLLCALL_BREAK_GLASS_DIR: join(layout.root, "break-glass"),
      REDIS_URL: redisUrlOf(context, "control"),
      ROLLCALL_FLEET_FILE: context.fleetFile,
      ROLLCALL_ACCESS_FILE: context.accessFile,
      ROLLCALL_FLEET_KEY: secrets.fleetKey,
      ROLLCALL_SUPERVISOR_SOCKET: layout.supervisorSocket,
      ROLLCALL_LOG_DIR: layout.logs,
      ALERTMANAGER_WEBHOOK_TOKEN: secrets.alertmanagerToken,
      PROMETHEUS_URL: addressesOf(context).prometheus,
      ALERTMANAGER_URL: addressesOf(context).alertmanager,
    },
  };
}

function slackEnvironment({ credentials, ports, secrets }: StackContext): Record<string, string> {
  if (credentials.slack !== null)
    return { SLACK_BOT_TOKEN: credentials.slack.botToken, SLACK_SIGNING_SECRET: credentials.slack.signingSecret };
  return {
    SLACK_BOT_TOKEN: secrets.slackBotToken,
    SLACK_APP_TOKEN: appTokenOf(secrets),
    SLACK_SIGNING_SECRET: secrets.slackSigningSecret,
    SLACK_API_URL: `http://127.0.0.1:${ports.slack}/api/`,
    SLACK_BOT_ID: "B0FLEET",
    SLACK_BOT_USER_ID: "U0FLEET",
    SLACK_TEAM_ID: "T0LOCAL",
    ROLLCALL_SLACK_ALERTS_CHANNEL: "C0ALERTS",
    ROLLCALL_SLACK_OPS_CHANNEL: "C0OPS",
    ROLLCALL_SLACK_AUDIT_CHANNEL: "C0AUDIT",
  };
}

/** The settings of a real Grafana are passed on as they are. */
function grafanaEnvironment({ credentials, ports, secrets }: StackContext): Record<string, string> {
  if (credentials.grafana !== null) return {};
  const url = `http://127.0.0.1:${ports.grafana}`;
  return {
    GRAFANA_URL: url,
    GRAFANA_ROOT_URL: url,
    GRAFANA_PLUGIN_SECRET: deriveGrafanaSecret(secrets),
    GRAFANA_ORGS: "1",
  };
}

/** Roles from the stand-in's groups, if they are asked for; the settings of a real account are passed on as they are. */
function googleEnvironment({ credentials, settings, layout, ports }: StackContext): Record<string, string> {
  if (credentials.google !== null || directoryOf(settings) !== "google") return {};
  return googleStandIn({ layout, ports });
}

/** People sign in at the stand-in, unless the settings name an OAuth client of their own. */
function signInEnvironment({ credentials, layout, ports, settings }: StackContext): Record<string, string> {
  if (credentials.google !== null || settings.GOOGLE_CLIENT_ID) return {};
  const { client } = readOrMakeGoogleAccount(layout);
  return {
    GOOGLE_CLIENT_ID: client.id,
    GOOGLE_CLIENT_SECRET: client.secret,
    GOOGLE_HOSTED_DOMAIN: "example.test",
    GOOGLE_ISSUER: `http://127.0.0.1:${ports.google}`,
  };
}

/** The stand-in knows both of one app. */
const appTokenOf = ({ slackBotToken }: Secrets): string => slackBotToken.replace(/^xoxb-/, "xapp-");

function pagerdutyEnvironment(context: StackContext): Record<string, string> {
  const { credentials, secrets, ports } = context;
  const events = { PAGERDUTY_ROUTING_KEY: pagerdutyRoutingKey(context), PAGERDUTY_EVENTS_URL: pagerdutyUrl(context) };
  if (credentials.pagerdutyRoutingKey !== null) return events;
  const api = { PAGERDUTY_API_TOKEN: apiTokenOf(secrets), PAGERDUTY_API_URL: `http://127.0.0.1:${ports.pagerduty}` };
  return { ...events, ...api };
}

/** The stand-in knows both of one account. */
const apiTokenOf = ({ pagerdutyRoutingKey: key }: Secrets): string =>
  createHash("sha256").update(`api ${key}`).digest("hex").slice(0, 20);

export const pagerdutyRoutingKey = ({ credentials, secrets }: StackContext): string =>
  credentials.pagerdutyRoutingKey ?? secrets.pagerdutyRoutingKey;

export const pagerdutyUrl = ({ credentials, ports }: StackContext): string =>
  credentials.pagerdutyRoutingKey === null
    ? `http://127.0.0.1:${ports.pagerduty}/v2/enqueue`
    : "https://events.pagerduty.com/v2/enqueue";

/** Base of the runbooks' links. */
export const runbookUrl = ({ settings, ports }: StackContext): string =>
  settings.ROLLCALL_RUNBOOK_URL ?? `http://127.0.0.1:${ports.control}/runbooks`;

/** The app in Grafana, or in the page that stands in for it. */
export const grafanaAppUrl = ({ credentials, ports }: StackContext): string =>
  `${(credentials.grafana?.url ?? `http://127.0.0.1:${ports.grafana}`).replace(/\/$/, "")}/a/rollcall-fleet-app`;

export function exporterProgram(context: StackContext): Program {
  const { ports, secrets, settings, fleet } = context;
  return {
    name: "exporter",
    file: "exporter/src/main.ts",
    telemetry: "exporter/telemetry.ts",
    port: ports.exporter,
    environment: {
      ...productionOf(settings),
      REDIS_URL: redisUrlOf(context, "exporter"),
      ROLLCALL_FLEET: fleet.fleet,
      ROLLCALL_FLEET_KEY: secrets.fleetKey,
      ROLLCALL_EXPORTER_HOST: "127.0.0.1",
      ROLLCALL_EXPORTER_PORT: String(ports.exporter),
      ...exporterFiles(context),
      ALERTMANAGER_URLS: addressesOf(context).alertmanager,
      ROLLCALL_RUNBOOK_URL: runbookUrl(context),
    },
  };
}
