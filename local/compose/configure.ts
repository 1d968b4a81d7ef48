import { createHmac } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readServiceAccount } from "@rollcall/core/adapters/google/service-account-key.ts";
import { redisAclLines } from "@rollcall/core/adapters/redis/agent-access.ts";
import { type FleetFile, readFleetFile, startableAgents } from "@rollcall/core/fleet-file.ts";
import { deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { stringify } from "yaml";
import { writeAccessFile } from "../stack/access-file.ts";
import { StartFailure } from "../stack/addresses.ts";
import { CONTROL_LOGIN, deriveDatabasePassword, deriveGrafanaSecret } from "../stack/context.ts";
import { collectorsText } from "../stack/exporter-files.ts";
import { REPOSITORY } from "../stack/layout.ts";
import { renderInto, renderRules } from "../stack/render-template.ts";
import { readOrMakeSecrets, type Secrets } from "../stack/secrets.ts";
import { readCredentials, type Settings, settingsForControl, telemetrySettings } from "../stack/settings.ts";

/** One folder for each container, so that none sees the secrets of another. */
export const FOLDERS = [
  "secrets",
  "postgres",
  "redis",
  "prometheus",
  "alertmanager",
  "migrate",
  "control",
  "exporter",
  "fleet",
  "grafana",
] as const;

/** Where docker-compose.yml puts the key file that GOOGLE_SERVICE_ACCOUNT_FILE of .env names. */
const GOOGLE_KEY = "/run/secrets/google-service-account";
/** The user `node` of the image, whose programs ours are. */
const PROGRAM_USER = 1000;

/**
 * Writes what the containers of docker-compose.yml are told, each into a folder of its own.
 * @param into holds the folders; secrets are made at the first time and kept
 * @param googleKey where the key of Google's service account is mounted
 * @throws StartFailure if the credentials of Slack or PagerDuty are missing: there are no stand-ins in containers
 * @throws Failure "invalid_input" if the key file of Google is none
 */
export async function configure(into: string, settings: Settings, googleKey = GOOGLE_KEY): Promise<void> {
  const { slack, pagerdutyRoutingKey } = readCredentials(settings);
  if (slack === null || pagerdutyRoutingKey === null)
    throw new StartFailure(
      "Docker Compose runs with a real Slack and a real PagerDuty only: put their credentials into .env (see .env.example). npm start brings stand-ins.",
    );
  for (const folder of FOLDERS) mkdirSync(join(into, folder), { recursive: true });
  const secrets = readOrMakeSecrets(join(into, "secrets/secrets.json"));
  const fleet = await readFleetFile(join(REPOSITORY, "fleet.yaml"));
  const write = (path: string, text: string) => {
    writeFileSync(join(into, path), text);
    // The programs in the containers run as users of their own; only their own folder is mounted there.
    chmodSync(join(into, path), 0o644);
  };
  const telemetry = telemetrySettings(withTraces(settings));
  write("postgres/password", secrets.postgresPassword);
  write("redis/users.acl", `${redisAclLines(fleet, secrets.fleetKey, secrets.redisPassword).join("\n")}\n`);
  write("exporter/exporter.env", envFile({ ...telemetry, ...exporterEnvironment(secrets, fleet, settings) }));
  write("exporter/collectors.yaml", collectorsText(DOORS));
  write("fleet/supervisor.env", envFile({ ...telemetry, ...supervisorEnvironment(secrets, fleet) }));
  write("fleet/agents.json", JSON.stringify(startableAgents(fleet)));
  write("migrate/migrate.env", envFile(migrateEnvironment(secrets)));
  const google = handOnGoogleKey(settings, { from: googleKey, to: join(into, "control/google-service-account.json") });
  write("control/control.env", envFile({ ...controlEnvironment(secrets, settings), ...google, ...telemetry }));
  writeAccessFile(join(into, "control/access.yaml"), secrets, new Date());
  chmodSync(join(into, "control/access.yaml"), 0o644);
  write("alertmanager/webhook-token", secrets.alertmanagerToken);
  write("alertmanager/pagerduty-routing-key", pagerdutyRoutingKey);
  write("grafana/admin-password", deriveGrafanaPassword(secrets));
  mkdirSync(join(into, "grafana/provisioning/datasources"), { recursive: true });
  write("grafana/provisioning/datasources/prometheus.yml", GRAFANA_SOURCE);
  mkdirSync(join(into, "grafana/provisioning/dashboards"), { recursive: true });
  write("grafana/provisioning/dashboards/rollcall.yml", GRAFANA_BOARDS);
  write("grafana/google-client-secret", settings.GOOGLE_CLIENT_SECRET ?? "");
  mkdirSync(join(into, "grafana/provisioning/plugins"), { recursive: true });
  write("grafana/provisioning/plugins/rollcall.yml", grafanaApp(secrets));
  renderMonitoring(into, settings);
}

/** A mounted file keeps the owner and mode it has on the host, where the control service's user may not read it. */
function handOnGoogleKey(settings: Settings, { from, to }: { from: string; to: string }): Record<string, string> {
  rmSync(to, { force: true });
  if (!settings.GOOGLE_SERVICE_ACCOUNT_FILE) return {};
  const text = readFileSync(from, "utf8");
  readServiceAccount(text);
  writeFileSync(to, text, { mode: 0o600 });
  if (process.getuid?.() === 0) chownSync(to, PROGRAM_USER, PROGRAM_USER);
  return { GOOGLE_SERVICE_ACCOUNT_FILE: "/config/google-service-account.json" };
}

/** The profile `staging` brings a receiver of spans, unless another one is named. */
function withTraces(settings: Settings): Settings {
  const isStaging = (settings.COMPOSE_PROFILES ?? "").split(",").includes("staging");
  if (!isStaging || settings.OTEL_EXPORTER_OTLP_ENDPOINT) return settings;
  const environment = settings.ROLLCALL_ENVIRONMENT || "staging";
  return { ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: "http://traces:4318", ROLLCALL_ENVIRONMENT: environment };
}

/** Derived, so that a stack whose secrets were made before it had Grafana gets one too. */
const deriveGrafanaPassword = ({ postgresPassword }: Secrets): string =>
  createHmac("sha256", postgresPassword).update("grafana admin").digest("base64url");

const GRAFANA_SOURCE = stringify({
  apiVersion: 1,
  datasources: [
    {
      ...{ name: "Prometheus", uid: "prometheus", type: "prometheus", url: "http://prometheus:9090", isDefault: true },
      // Its rules are shown among Grafana's alerts, where each leads to its incident in the app.
      jsonData: { manageAlerts: true, alertmanagerUid: "alertmanager" },
    },
    {
      ...{ name: "Alertmanager", uid: "alertmanager", type: "alertmanager", url: "http://alertmanager:9093" },
      jsonData: { implementation: "prometheus" },
    },
  ],
});

const GRAFANA_BOARDS = stringify({
  apiVersion: 1,
  providers: [{ name: "Rollcall", folder: "Rollcall", type: "file", options: { path: "/dashboards" } }],
});
/** The plugin, set up as its own page of settings would. */
const grafanaApp = (secrets: Secrets): string =>
  stringify({
    apiVersion: 1,
    apps: [
      {
        type: "rollcall-fleet-app",
        jsonData: { url: "http://control:8080" },
        secureJsonData: { secret: deriveGrafanaSecret(secrets) },
      },
    ],
  });

/** The Grafana beside the control service, unless the settings name another one. */
const grafanaEnvironment = (secrets: Secrets, settings: Settings): Record<string, string> =>
  readCredentials(settings).grafana === null
    ? {
        GRAFANA_URL: "http://grafana:3000",
        GRAFANA_ROOT_URL: "http://localhost:3000/",
        GRAFANA_PLUGIN_SECRET: deriveGrafanaSecret(secrets),
      }
    : {};

function renderMonitoring(into: string, settings: Settings): void {
  const publicUrl = settings.ROLLCALL_PUBLIC_URL || "http://127.0.0.1:8080";
  const values = {
    EXPORTER_TARGET: "exporter:9464",
    CONTROL_TARGET: "control:8080",
    SUPERVISOR_TARGET: "fleet:9465",
    ALERTMANAGER_TARGET: "alertmanager:9093",
    WEBHOOK_URL: "http://control:8080/webhooks/alertmanager",
    WEBHOOK_TOKEN_FILE: "/config/webhook-token",
    PAGERDUTY_URL: "https://events.pagerduty.com/v2/enqueue",
    PAGERDUTY_ROUTING_KEY_FILE: "/config/pagerduty-routing-key",
    EXTERNAL_URL: publicUrl,
    GRAFANA_APP_URL: grafanaAppUrl(settings),
    RUNBOOK_URL: runbookUrl(settings),
    RULES_DIR: "/config/rules",
  };
  const shipped = join(REPOSITORY, "alerting");
  const files = [
    renderInto(join(into, "prometheus"), join(shipped, "prometheus.yml"), values),
    renderInto(join(into, "alertmanager"), join(shipped, "alertmanager.yml"), values),
    ...renderRules(join(shipped, "rules"), join(into, "prometheus/rules"), values),
  ];
  for (const file of files) chmodSync(file, 0o644);
}

const redisUrl = (secrets: Secrets, user: "control" | "exporter"): string =>
  `redis://${user}:${deriveRedisPassword(secrets.fleetKey, user)}@redis:6379`;

const runbookUrl = ({ ROLLCALL_RUNBOOK_URL, ROLLCALL_PUBLIC_URL }: Settings): string =>
  ROLLCALL_RUNBOOK_URL || `${ROLLCALL_PUBLIC_URL || "http://127.0.0.1:8080"}/runbooks`;

const grafanaAppUrl = ({ GRAFANA_ROOT_URL, GRAFANA_URL }: Settings): string =>
  `${(GRAFANA_ROOT_URL || GRAFANA_URL || "http://localhost:3000").replace(/\/$/, "")}/a/rollcall-fleet-app`;

const DOORS = {
  control: "http://control:8080/live",
  exporter: "http://127.0.0.1:9464/live",
  prometheus: "http://prometheus:9090/-/ready",
  alertmanager: "http://alertmanager:9093/-/ready",
  grafana: "http://grafana:3000/api/health",
};

const exporterEnvironment = (secrets: Secrets, { fleet }: FleetFile, settings: Settings) => ({
  REDIS_URL: redisUrl(secrets, "exporter"),
  ROLLCALL_FLEET: fleet,
  ROLLCALL_FLEET_KEY: secrets.fleetKey,
  ROLLCALL_EXPORTER_HOST: "0.0.0.0",
  ROLLCALL_EXPORTER_PORT: "9464",
  ALERTMANAGER_URLS: "http://alertmanager:9093",
  ROLLCALL_COLLECTORS_FILE: "/config/collectors.yaml",
  ROLLCALL_PACK_FILES: "exporter/packs/sample.yaml",
  ROLLCALL_PACK_STATE_FILE: "/data/packs.json",
  ROLLCALL_RUNBOOK_URL: runbookUrl(settings),
});

const SOCKET = "/run/rollcall/supervisor.sock";

const supervisorEnvironment = (secrets: Secrets, { fleet }: FleetFile) => ({
  ROLLCALL_SUPERVISOR_SOCKET: SOCKET,
  ROLLCALL_SUPERVISOR_METRICS_HOST: "0.0.0.0",
  ROLLCALL_SUPERVISOR_METRICS_PORT: "9465",
  ROLLCALL_SUPERVISOR_DIR: "/data/supervisor",
  ROLLCALL_AGENTS_DIR: "/data/agents",
  ROLLCALL_AGENT_LOGS_DIR: "/data/logs",
  ROLLCALL_AGENTS_FILE: "/config/agents.json",
  ROLLCALL_FLEET: fleet,
  ROLLCALL_FLEET_KEY: secrets.fleetKey,
  ROLLCALL_REDIS_ADDRESS: "redis:6379",
  // Reads which agents should run, to start them.
  ROLLCALL_CONTROL_REDIS_URL: redisUrl(secrets, "control"),
});

/** As the owner of the schema, who alone can change what is written down. */
const migrateEnvironment = (secrets: Secrets) => ({
  DATABASE_OWNER_URL: `postgres://rollcall:${secrets.postgresPassword}@postgres:5432/rollcall`,
  ROLLCALL_DATABASE_LOGIN: CONTROL_LOGIN,
  ROLLCALL_DATABASE_PASSWORD: deriveDatabasePassword(secrets),
});

const controlEnvironment = (secrets: Secrets, settings: Settings) => ({
  ROLLCALL_PUBLIC_URL: "http://127.0.0.1:8080",
  ROLLCALL_GRAFANA_APP_URL: grafanaAppUrl(settings),
  ...settingsForControl(settings),
  ROLLCALL_HTTP_HOST: "0.0.0.0",
  ROLLCALL_HTTP_PORT: "8080",
  DATABASE_URL: `postgres://${CONTROL_LOGIN}:${deriveDatabasePassword(secrets)}@postgres:5432/rollcall`,
  ROLLCALL_AUDIT_ANCHOR_DIR: "/anchors",
  REDIS_URL: redisUrl(secrets, "control"),
  ROLLCALL_FLEET_FILE: "/app/fleet.yaml",
  ROLLCALL_ACCESS_FILE: "/config/access.yaml",
  ROLLCALL_FLEET_KEY: secrets.fleetKey,
  ROLLCALL_SUPERVISOR_SOCKET: SOCKET,
  ...grafanaEnvironment(secrets, settings),
  ALERTMANAGER_WEBHOOK_TOKEN: secrets.alertmanagerToken,
  PROMETHEUS_URL: "http://prometheus:9090",
  ALERTMANAGER_URL: "http://alertmanager:9093",
});

const envFile = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    // Node knows no \" in such a file: a program with its arguments as JSON stands in single quotes.
    .map(([name, value]) => `${name}=${value.includes('"') ? `'${value}'` : JSON.stringify(value)}\n`)
    .join("");
