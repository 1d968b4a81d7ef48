import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { StartFailure } from "./addresses.ts";

/** Settings of the person who starts the stack: `.env` of the repository, and above it the environment. */
export type Settings = Readonly<Record<string, string | undefined>>;

/** Which outside services are real; the others get a stand-in. */
export interface Credentials {
  readonly slack: { readonly botToken: string; readonly signingSecret: string } | null;
  /** The real Workspace account; its key is read by the control service alone. */
  readonly google: { readonly administrator: string } | null;
  readonly pagerdutyRoutingKey: string | null;
  /** The real Grafana; the secret of its plugin may be in a file. */
  readonly grafana: { readonly url: string } | null;
}

export function readSettings(envFile: string, environment: NodeJS.ProcessEnv = process.env): Settings {
  const fromFile = existsSync(envFile) ? parseEnv(readFileSync(envFile, "utf8")) : {};
  return { ...fromFile, ...environment };
}

// What the control service cannot do without when Slack is the real one.
const SLACK = [
  "SLACK_BOT_TOKEN",
  "SLACK_SIGNING_SECRET",
  "SLACK_BOT_ID",
  "SLACK_BOT_USER_ID",
  "SLACK_TEAM_ID",
  "ROLLCALL_SLACK_ALERTS_CHANNEL",
  "ROLLCALL_SLACK_OPS_CHANNEL",
];

// What the control service cannot do without when Google is the real one; the key from one of three sources.
const GOOGLE_KEY = ["GOOGLE_SERVICE_ACCOUNT_FILE", "GOOGLE_SERVICE_ACCOUNT_COMMAND", "GOOGLE_SERVICE_ACCOUNT"];
const GOOGLE = ["GOOGLE_DELEGATED_ADMIN", "ROLLCALL_GROUP_ADMIN", "ROLLCALL_GROUP_OPERATOR", "ROLLCALL_GROUP_VIEWER"];

/** @throws StartFailure if credentials are there by half */
export function readCredentials(settings: Settings): Credentials {
  const missing = SLACK.filter((name) => !settings[name]);
  const wanted = ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"].filter((name) => settings[name]);
  if (wanted.length > 0 && missing.length > 0)
    throw new StartFailure(
      `${wanted.join(" and ")} ${wanted.length > 1 ? "are" : "is"} set, but not ${missing.join(", ")}. Set them all for a real Slack (see .env.example), or none for the stand-in.`,
    );
  const pagerdutyRoutingKey = settings.PAGERDUTY_ROUTING_KEY || null;
  if (pagerdutyRoutingKey !== null && pagerdutyRoutingKey.length !== 32)
    throw new StartFailure(
      `PAGERDUTY_ROUTING_KEY has ${pagerdutyRoutingKey.length} characters, an Events API v2 key has 32. Take the integration key of the service, or leave it out for the stand-in.`,
    );
  const { SLACK_BOT_TOKEN: botToken, SLACK_SIGNING_SECRET: signingSecret } = settings;
  return {
    slack: botToken && signingSecret ? { botToken, signingSecret } : null,
    google: googleOf(settings),
    pagerdutyRoutingKey,
    grafana: grafanaOf(settings),
  };
}

function googleOf(settings: Settings): Credentials["google"] {
  const given = [...GOOGLE_KEY, ...GOOGLE].filter((name) => settings[name]);
  const hasKey = GOOGLE_KEY.some((name) => settings[name]);
  const missing = [...(hasKey ? [] : GOOGLE_KEY.slice(0, 1)), ...GOOGLE.filter((name) => !settings[name])];
  const administrator = settings.GOOGLE_DELEGATED_ADMIN;
  if (given.length === 0) return null;
  if (missing.length === 0 && administrator) return { administrator };
  throw new StartFailure(
    `${given.join(" and ")} ${given.length > 1 ? "are" : "is"} set, but not ${missing.join(", ")}. Set them all for the real Google (see docs/google-workspace.md), or none for the stand-in.`,
  );
}

function grafanaOf(settings: Settings): Credentials["grafana"] {
  const url = settings.GRAFANA_URL || null;
  const hasSecret = ["", "_FILE", "_COMMAND"].some((source) => settings[`GRAFANA_PLUGIN_SECRET${source}`]);
  if (url === null && !hasSecret) return null;
  if (url !== null && hasSecret) return { url };
  const [set, missing] = hasSecret
    ? ["GRAFANA_PLUGIN_SECRET", "GRAFANA_URL"]
    : ["GRAFANA_URL", "GRAFANA_PLUGIN_SECRET"];
  throw new StartFailure(
    `${set} is set, but not ${missing}. Set both for the real Grafana (see .env.example), or none for the stand-in.`,
  );
}

const DIRECTORIES = ["access.yaml", "google"] as const;

/**
 * Where roles come from while no real Google is set: the people of access.yaml, or the groups of the stand-in.
 * @throws StartFailure for another word
 */
export function directoryOf({ ROLLCALL_DIRECTORY: given }: Settings): (typeof DIRECTORIES)[number] {
  const found = DIRECTORIES.find((name) => name === (given || "access.yaml"));
  if (found !== undefined) return found;
  throw new StartFailure(`ROLLCALL_DIRECTORY is "${given}". Allowed: ${DIRECTORIES.join(" or ")}.`);
}

// What a person may want to pass on to the control service; everything the stack decides itself overrides it.
const FOR_CONTROL = /^(ROLLCALL_|SLACK_|GOOGLE_|PAGERDUTY_|GRAFANA_)/;

export const settingsForControl = (settings: Settings): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && FOR_CONTROL.test(entry[0]),
    ),
  );

/** Whether somebody receives spans; if not, nothing of OpenTelemetry is started. */
export const areSpansWanted = (settings: Settings): boolean => Boolean(settings.OTEL_EXPORTER_OTLP_ENDPOINT);

const FOR_TELEMETRY = /^(OTEL_|ROLLCALL_ENVIRONMENT$)/;

/** OpenTelemetry's own settings, for every program that may send spans; none if nobody receives them. */
export const telemetrySettings = (settings: Settings): Record<string, string> =>
  Object.fromEntries(
    Object.entries(areSpansWanted(settings) ? settings : {}).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && FOR_TELEMETRY.test(entry[0]),
    ),
  );
