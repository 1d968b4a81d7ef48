import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { GOOGLE_API_URL } from "@rollcall/core/adapters/google/google-calls.ts";
import type { RoleGroups } from "@rollcall/core/domain/workspace.ts";
import { deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { type Ports, portsAt } from "../stack/addresses.ts";
import { deriveGrafanaSecret } from "../stack/context.ts";
import { googleStandIn } from "../stack/google-account.ts";
import { type Layout, pathsBelow, REPOSITORY } from "../stack/layout.ts";
import { hasLauncher, type RunState, readRunState } from "../stack/run-state.ts";
import type { Settings } from "../stack/settings.ts";

/** Where a check looks. */
export interface Situation {
  readonly envFile: string;
  /** `.env`, and above it the environment. */
  readonly settings: Settings;
  readonly layout: Layout;
  readonly ports: Ports;
  /** The stack's own record; null if there never was a start. */
  readonly state: RunState | null;
  readonly isRunning: boolean;
  readonly fleetFile: string;
  readonly accessFile: string;
  /** Every secret that is known, to be kept out of what is shown. */
  readonly secrets: readonly string[];
  readonly databaseUrl: string | null;
  /** Of the default user: only it may ask Redis for its settings. */
  readonly redisUrl: string | null;
  readonly slack: SlackPlace;
  /** null: roles come from access.yaml, or its settings are there by half. */
  readonly google: GooglePlace | null;
}

/** The Slack that the control service talks to. */
export interface SlackPlace {
  readonly apiUrl: string;
  readonly isStandIn: boolean;
  readonly token: string | null;
  readonly team: string;
  readonly botUser: string;
  readonly channels: readonly { readonly setting: string; readonly id: string }[];
}

/** The Google Workspace account that roles come from. */
export interface GooglePlace {
  readonly apiUrl: string;
  readonly isStandIn: boolean;
  /** Where the source of the key is named. */
  readonly settings: Settings;
  readonly administrator: string;
  readonly groups: RoleGroups;
}
const GOOGLE_SET = [
  "GOOGLE_DELEGATED_ADMIN",
  "ROLLCALL_GROUP_ADMIN",
  "ROLLCALL_GROUP_OPERATOR",
  "ROLLCALL_GROUP_VIEWER",
] as const;

/** Reads what is known, and makes nothing. @throws StartFailure if the port offset is not allowed */
export function readSituation(envFile: string, environment: NodeJS.ProcessEnv): Situation {
  const settings: Settings = { ...readEnvFile(envFile), ...environment };
  const layout = pathsBelow(resolve(settings.ROLLCALL_DATA_DIR || join(REPOSITORY, ".rollcall")));
  const ports = portsAt(settings.ROLLCALL_PORT_OFFSET || "0");
  const own = readSecrets(layout.secretsFile);
  const state = readRunState(layout.stateFile);
  const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
  const postgres = text(own.postgresPassword);
  const redis = text(own.redisPassword);
  return {
    ...{ envFile, settings, layout, ports, state },
    isRunning: state !== null && hasLauncher(state),
    fleetFile: resolve(settings.ROLLCALL_FLEET_FILE || join(REPOSITORY, "fleet.yaml")),
    accessFile: resolve(settings.ROLLCALL_ACCESS_FILE || layout.accessFile),
    secrets: secretsOf(settings, own),
    databaseUrl: postgres && `postgres://rollcall:${postgres}@127.0.0.1:${ports.postgres}/rollcall`,
    redisUrl: redis && `redis://default:${redis}@127.0.0.1:${ports.redis}`,
    google: googleOf(settings, { layout, ports }),
    slack: slackOf(settings, { port: ports.slack, token: text(own.slackBotToken) }),
  };
}

function readEnvFile(file: string): Settings {
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}

/** @returns {} if it is not there or damaged; a check says so */
function readSecrets(file: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function googleOf(settings: Settings, { layout, ports }: Pick<Situation, "layout" | "ports">): GooglePlace | null {
  const isStandIn = !GOOGLE_SET.some((name) => settings[name]);
  if (isStandIn && settings.ROLLCALL_DIRECTORY !== "google") return null;
  const all = isStandIn ? googleStandIn({ layout, ports }) : settings;
  const [administrator, admin, operator, viewer] = GOOGLE_SET.map((name) => all[name]);
  if (!administrator || !admin || !operator || !viewer) return null;
  const apiUrl = all.GOOGLE_API_URL || GOOGLE_API_URL;
  return { isStandIn, settings: all, administrator, apiUrl, groups: { admin, operator, viewer } };
}

const SECRET_NAME = /TOKEN|SECRET|PASSWORD|_KEY$|DATABASE_URL|REDIS_URL|^GOOGLE_SERVICE_ACCOUNT$/;

/** Every value that must not be shown, longest first, so that none is left because a part of it went before. */
function secretsOf(settings: Settings, own: Readonly<Record<string, unknown>>): string[] {
  const values = Object.entries(settings).flatMap(([name, value]) => (SECRET_NAME.test(name) && value ? [value] : []));
  const inAddresses = values.flatMap((value) => {
    const password = URL.canParse(value) ? new URL(value).password : "";
    return password === "" ? [] : [password, decodeURIComponent(password)];
  });
  const stored = leavesOf(own);
  const fleetKeys = [own.fleetKey, settings.ROLLCALL_FLEET_KEY].filter((key) => typeof key === "string" && key !== "");
  const derived = fleetKeys.flatMap((key) =>
    ["control", "exporter"].map((user) => deriveRedisPassword(key as string, user)),
  );
  const postgres = own.postgresPassword;
  const ofGrafana = typeof postgres === "string" ? [deriveGrafanaSecret({ postgresPassword: postgres })] : [];
  const all = [...values, ...inAddresses, ...stored, ...derived, ...ofGrafana].filter((value) => value.length >= 6);
  return [...new Set(all)].toSorted((a, b) => b.length - a.length);
}

const leavesOf = (value: unknown): string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [];
};

function slackOf(settings: Settings, standIn: { port: number; token: string | null }): SlackPlace {
  const channels = (alerts: string, ops: string) => [
    { setting: "ROLLCALL_SLACK_ALERTS_CHANNEL", id: alerts },
    { setting: "ROLLCALL_SLACK_OPS_CHANNEL", id: ops },
  ];
  if (!settings.SLACK_BOT_TOKEN)
    return {
      apiUrl: `http://127.0.0.1:${standIn.port}/api/`,
      isStandIn: true,
      token: standIn.token,
      team: "T0LOCAL",
      botUser: "U0FLEET",
      channels: channels("C0ALERTS", "C0OPS"),
    };
  return {
    apiUrl: settings.SLACK_API_URL || "https://slack.com/api/",
    isStandIn: false,
    token: settings.SLACK_BOT_TOKEN,
    team: settings.SLACK_TEAM_ID ?? "",
    botUser: settings.SLACK_BOT_USER_ID ?? "",
    channels: channels(settings.ROLLCALL_SLACK_ALERTS_CHANNEL ?? "", settings.ROLLCALL_SLACK_OPS_CHANNEL ?? ""),
  };
}
