import { LOG_FORMATS } from "@rollcall/core/adapters/log-lines.ts";
import { readBrakeLimits } from "@rollcall/core/brakes/brake-limits.ts";
import { isTimeZone } from "@rollcall/core/domain/due-time.ts";
import { readLimits } from "@rollcall/core/domain/limits.ts";
import {
  production,
  readSettings,
  rotatingSecret,
  secretAddress,
  secretText,
} from "@rollcall/core/secrets/read-settings.ts";
import { validate } from "node-cron";
import { z } from "zod";
import { googleSettings } from "./google-settings.ts";
import { grafanaSettings } from "./grafana-settings.ts";
import { logSettings } from "./log-settings.ts";
import { runtimeSettings } from "./runtime-settings.ts";
import { signInProblems, signInSettings } from "./sign-in-settings.ts";

const address = z.url({ protocol: /^https?$/, error: "an address http://… or https://…" });
const onOff = (standard: "on" | "off") =>
  z
    .enum(["on", "off"])
    .default(standard)
    .transform((word) => word === "on");
const isSchedule = (text: string): boolean => text === "off" || (text.split(/\s+/).length === 5 && validate(text));
const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;
const origins = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ""),
  )
  .refine((list) => list.every(isOrigin), "origins https://host or https://host:port with commas between");
const limits = z
  .string()
  .default("")
  .transform((text, context) => {
    const read = readLimits(text);
    if (!("problem" in read)) return read;
    context.addIssue({ code: "custom", message: String(read.problem) });
    return z.NEVER;
  });
const brakes = z
  .string()
  .default("")
  .transform((text, context) => {
    const read = readBrakeLimits(text);
    if (!("problem" in read)) return read;
    context.addIssue({ code: "custom", message: String(read.problem) });
    return z.NEVER;
  });
const port = z.coerce.number().int().min(0).max(65_535);

/** What the control service must be told, all of it by environment variables. */
export const controlConfig = z.object({
  ROLLCALL_PRODUCTION: production,
  ROLLCALL_HTTP_HOST: z.string().min(1).default("127.0.0.1").describe("Interface that the control service listens on"),
  ROLLCALL_HTTP_PORT: port.default(8080).describe("Port that the control service listens on; 0 takes a free one"),
  ROLLCALL_PUBLIC_URL: address.describe("Address under which people reach the control service; links lead there"),
  DATABASE_URL: secretAddress("postgres", "postgresql").describe("PostgreSQL of commands, incidents and the audit log"),
  ROLLCALL_AUDIT_ANCHOR_DIR: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of signed anchors of the audit log, on another disk than PostgreSQL's; none are made if not set"),
  ROLLCALL_AUDIT_ANCHOR_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("Private key that anchors are signed with (Ed25519, PEM); made in their folder if not set"),
  REDIS_URL: secretAddress("redis", "rediss").describe("Redis of the fleet's bus, with the user `control`"),
  ROLLCALL_REDIS_CLUSTER: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe("true: REDIS_URL is any node of a Redis Cluster"),
  ROLLCALL_FLEET_FILE: z.string().min(1).default("fleet.yaml").describe("Who should exist"),
  ROLLCALL_ACCESS_FILE: z.string().min(1).default("access.yaml").describe("Who may do what"),
  ROLLCALL_FLEET_KEY: secretText(32).describe(
    "Secret of the fleet, at least 32 characters; keys of agents derive from it",
  ),
  ROLLCALL_BREAK_GLASS_DIR: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the spool of `npm run break-glass` on this host; none is followed if not set"),
  ROLLCALL_SUPERVISOR_SOCKET: z.string().min(1).describe("Unix socket of the built-in supervisor"),
  ...runtimeSettings,
  ...logSettings,
  SLACK_BOT_TOKEN: secretText(8, [/^xoxb-/, "a bot token, xoxb-…"]).describe("Bot token of the Slack app"),
  SLACK_SIGNING_SECRET: rotatingSecret(16).describe("Signing secret of the Slack app"),
  SLACK_APP_TOKEN: secretText(8, [/^xapp-/, "an app-level token, xapp-…"])
    .optional()
    .describe("App-level token of the Slack app: Socket Mode beside HTTP; HTTP only if not set"),
  SLACK_API_URL: address
    .refine((text) => text.endsWith("/"), "an address that ends with /")
    .default("https://slack.com/api/")
    .describe("Slack's Web API; a stand-in in tests"),
  SLACK_BOT_ID: z
    .string()
    .regex(/^B[A-Z0-9]+$/, "the id of a bot, B…")
    .describe("Id of the app's bot"),
  SLACK_BOT_USER_ID: z
    .string()
    .regex(/^[UW][A-Z0-9]+$/, "the id of a user, U…")
    .describe("User id of the app's bot"),
  SLACK_TEAM_ID: z
    .string()
    .regex(/^T[A-Z0-9]+$/, "the id of a workspace, T…")
    .describe("The one Slack workspace let in"),
  ROLLCALL_SLACK_ALERTS_CHANNEL: z
    .string()
    .regex(/^[CG][A-Z0-9]+$/, "the id of a channel, C…")
    .describe("Channel of alert cards"),
  ROLLCALL_SLACK_OPS_CHANNEL: z
    .string()
    .regex(/^[CG][A-Z0-9]+$/, "the id of a channel, C…")
    .describe("Channel of operations that have no card"),
  ROLLCALL_SLACK_AUDIT_CHANNEL: z
    .string()
    .regex(/^[CG][A-Z0-9]+$/, "the id of a channel, C…")
    .optional()
    .describe("Channel of uses of break-glass and their reviews; that of operations if not set"),
  ALERTMANAGER_WEBHOOK_TOKEN: rotatingSecret(16).describe(
    "Bearer token that Alertmanager sends to /webhooks/alertmanager",
  ),
  PAGERDUTY_ROUTING_KEY: secretText(32, [/^[A-Za-z0-9]{32}$/, "an integration key, 32 letters and digits"]).describe(
    "Integration key of PagerDuty's Events API v2, the same as Alertmanager's",
  ),
  PAGERDUTY_EVENTS_URL: address
    .default("https://events.pagerduty.com/v2/enqueue")
    .describe("Where acknowledgements are sent; a stand-in in tests"),
  PAGERDUTY_API_TOKEN: secretText(16)
    .optional()
    .describe("Key of PagerDuty's REST API, reading is enough: says who is on call; access.yaml does if not set"),
  PAGERDUTY_API_URL: address
    .default("https://api.pagerduty.com")
    .describe("Where PagerDuty is asked who is on call; a stand-in in tests"),
  ...googleSettings,
  ...grafanaSettings,
  ...signInSettings,
  PROMETHEUS_URL: secretAddress("http", "https")
    .optional()
    .describe("Prometheus that reads the exporter; there are no figures if not set"),
  ALERTMANAGER_URL: secretAddress("http", "https")
    .optional()
    .describe("Alertmanager that mutes what a restart causes and what is in maintenance; nothing is muted if not set"),
  ROLLCALL_LEASE_SECONDS: z.coerce
    .number()
    .min(1)
    .max(60)
    .default(6)
    .describe("How long a control service that does not answer keeps its work; 1 in drills"),
  ROLLCALL_STAGE_DEADLINE_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(600)
    .describe(
      "How long a stage waits for what is away; then its outcome is unknown, and it is asked what became of it",
    ),
  ROLLCALL_DEAD_LETTER_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .default(7)
    .describe("Days that a dead letter waits for a decision before it is dropped"),
  ROLLCALL_DIAGNOSTICS_SCHEDULE: z
    .string()
    .trim()
    .refine(isSchedule, "five cron fields, or off")
    .default("30 2 * * *")
    .describe("When the checks of the suite smoke are run, the same in all replicas"),
  ROLLCALL_DIAGNOSTICS_TIME_ZONE: z
    .string()
    .refine(isTimeZone, "the name of a time zone, like Europe/Berlin")
    .default("UTC")
    .describe("Time zone of that schedule: one run a night, also when clocks are put forward or back"),
  ROLLCALL_TIME_ZONE: z
    .string()
    .refine(isTimeZone, "the name of a time zone, like Europe/Berlin")
    .default("UTC")
    .describe("Time zone of the people on call: when their night is, and which 08:30 a hand-over begins at"),
  ROLLCALL_DAILY_HANDOVER: onOff("off").describe(
    "Whether the hand-over is posted at 08:30 into the channel of operations",
  ),
  ROLLCALL_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error"])
    .default("info")
    .describe("Least level that is logged"),
  ROLLCALL_LOG_FORMAT: z
    .enum(LOG_FORMATS)
    .default("auto")
    .describe("auto: readable on a terminal, JSON elsewhere; google: JSON with the fields of Google Cloud Logging"),
  ROLLCALL_LOG_GOOGLE_PROJECT: z
    .string()
    .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "the id of a Google Cloud project")
    .optional()
    .describe("Google Cloud project that traces lie in, for log lines of the format google"),
  ROLLCALL_LOG_STARTUP: onOff("on").describe("Whether what happens at the start is logged"),
  ROLLCALL_LOG_ROUTES: onOff("off").describe("Whether every route of the HTTP server is logged at the start"),
  ROLLCALL_LOG_REQUESTS: onOff("off").describe("Whether each HTTP request is logged when it comes in"),
  ROLLCALL_LOG_ACCESS: onOff("on").describe("Whether each HTTP request is logged when it is answered"),
  ROLLCALL_LOG_SQL: onOff("off").describe("Whether each SQL statement is logged, without its values"),
  OTEL_EXPORTER_OTLP_ENDPOINT: address
    .optional()
    .describe(
      "OTLP receiver that spans are sent to, with OpenTelemetry's other OTEL_ settings; none are kept if not set",
    ),
  ROLLCALL_ENVIRONMENT: z.string().min(1).max(63).default("local").describe("Name of the environment, on every span"),
  ROLLCALL_RUNBOOK_URL: address.optional().describe("Base of runbook links for agents that name none"),
  ROLLCALL_GRAFANA_APP_URL: address
    .optional()
    .describe(
      "Address of the app in Grafana, …/a/rollcall-fleet-app, to which messages link for lines; no link if not set",
    ),
  ROLLCALL_RUNBOOK_DIR: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of the runbooks that are served under /runbooks; those that come with Rollcall if not set"),
  ROLLCALL_CORS_ORIGINS: origins.describe("Origins of pages that may use the HTTP API from a browser; none if not set"),
  ROLLCALL_LIMITS: limits.describe(
    "How often something may be done, where it differs from the standard: acts=20/1m, roll-call-fleet=off (docs/limits.md)",
  ),
  ROLLCALL_BRAKES: brakes.describe(
    "When restarting and stopping is locked, where it differs from the standard: agent=5/30m, fleet=off (docs/brakes.md)",
  ),
  ROLLCALL_METRICS_TOKEN: rotatingSecret(16).optional().describe("Bearer token for /metrics; open if not set"),
});
export type ControlConfig = Readonly<z.infer<typeof controlConfig>>;

// What a program of the machine needs to find itself and its daemon; none of our secrets.
const HANDED_ON = ["PATH", "HOME", "LANG", "PM2_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

/** The environment of the programs that are asked: `pm2`, `systemctl`. */
export const environmentOfPrograms = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    HANDED_ON.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Where the names of the files and programs stand that secrets are read from again. */
export const environmentOfProcess = (): Readonly<Record<string, string | undefined>> => process.env;

/**
 * Reads the configuration.
 * @returns it, or every problem at once, one line each: name, what is allowed, what it is for
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): { config: ControlConfig } | { problems: readonly string[] } {
  const read = readSettings(controlConfig, environment);
  if ("problems" in read) return read;
  const problems = signInProblems(read.settings);
  return problems.length === 0 ? { config: read.settings } : { problems };
}
