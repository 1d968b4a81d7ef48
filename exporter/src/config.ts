import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LOG_FORMATS, type LogFormat } from "@rollcall/core/adapters/log-lines.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { production, readSettings, secretAddress, secretText } from "@rollcall/core/secrets/read-settings.ts";
import type { Secret } from "@rollcall/core/secrets/secret.ts";
import { z } from "zod";
import type { Shard } from "./shard.ts";

/** The environment of the exporter. */
export const ExporterEnvironment = z.object({
  ROLLCALL_PRODUCTION: production,
  REDIS_URL: secretAddress("redis", "rediss").describe("Redis of the bus, with the user exporter and its password"),
  ROLLCALL_REDIS_CLUSTER: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe("true: REDIS_URL is any node of a Redis Cluster"),
  ROLLCALL_FLEET: agentId.describe("Name of the fleet; prefix of all keys on the bus"),
  ROLLCALL_FLEET_KEY: secretText(32).describe("Secret that the agents' keys derive from, to check heartbeats"),
  ROLLCALL_EXPORTER_HOST: z.string().min(1).default("127.0.0.1").describe("Address to listen on"),
  ROLLCALL_EXPORTER_PORT: z.coerce.number().int().min(0).max(65_535).default(9464).describe("Port to listen on"),
  ROLLCALL_EXPORTER_REFRESH_SECONDS: z.coerce
    .number()
    .min(0.05)
    .max(60)
    .default(1)
    .describe("Pause between two readings of the bus"),
  ROLLCALL_EXPORTER_MAX_AGE_SECONDS: z.coerce
    .number()
    .min(0.1)
    .max(300)
    .default(10)
    .describe("Series of agents and bus vanish when the last reading is older than this"),
  ROLLCALL_EXPORTER_SHARD: z
    .string()
    .regex(/^\d{1,3}\/[1-9]\d{0,2}$/, "index/count, the first is 0/4")
    .refine((text) => shardOf(text).index < shardOf(text).count, "the index is below the count; the first is 0")
    .default("0/1")
    .describe("Part of agents and topics that this exporter shows: index/count, the first of four is 0/4"),
  ROLLCALL_EXPORTER_MAX_SERIES: z.coerce
    .number()
    .int()
    .min(1000)
    .max(5_000_000)
    .default(200_000)
    .describe(
      "Series of agents and bus at most; below the sample_limit of whoever scrapes, who would take none at all",
    ),
  ROLLCALL_EXPORTER_DETAILED_AGENTS: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .default(500)
    .describe("Largest fleet of which every agent has the detailed families"),
  ROLLCALL_EXPORTER_DETAILED_TOP: z.coerce
    .number()
    .int()
    .min(0)
    .max(10_000)
    .default(50)
    .describe("Agents of a larger fleet that have the detailed families: those in most need"),
  ROLLCALL_COLLECTORS_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("collectors.yaml: what is measured beside fleet and bus (docs/collectors.md); nothing if not set"),
  ROLLCALL_PACK_FILES: z
    .string()
    .transform((text) => text.split(",").map((file) => file.trim()))
    .pipe(z.array(z.string().min(1)).max(20))
    .optional()
    .describe(
      "Packs of metrics, with commas between (docs/packs.md): events counted by what is in them; none if not set",
    ),
  ROLLCALL_PACK_STATE_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      "What packs have counted is kept here over a restart; if not set, each start begins with the newest events",
    ),
  ALERTMANAGER_URLS: z
    .string()
    .transform((text) => text.split(",").map((address) => address.trim()))
    .pipe(z.array(z.url({ protocol: /^https?$/ }).refine((text) => new URL(text).username === "", "no password in it")))
    .optional()
    .describe("Alertmanagers that are told at once when an agent is gone, with commas between; none if not set"),
  ROLLCALL_RUNBOOK_URL: z
    .url({ protocol: /^https?$/ })
    .default("http://127.0.0.1:8080/runbooks")
    .describe("Base of the runbooks' links in those alerts, as the rules name it"),
  ROLLCALL_LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("Lowest level that is logged"),
  ROLLCALL_LOG_FORMAT: z
    .enum(LOG_FORMATS)
    .default("auto")
    .describe("auto: readable on a terminal, JSON elsewhere; google: JSON with the fields of Google Cloud Logging"),
});

function shardOf(text: string): Shard {
  const [index = 0, count = 1] = text.split("/").map(Number);
  return { index, count };
}

/** What the exporter needs to know. */
export interface ExporterConfig {
  readonly redisUrl: Secret;
  readonly isCluster: boolean;
  readonly shard: Shard;
  readonly fleet: string;
  readonly fleetKey: Secret;
  readonly host: string;
  readonly port: number;
  readonly refreshSeconds: number;
  readonly maxAgeSeconds: number;
  readonly maxSeries: number;
  readonly detailedAgents: number;
  readonly detailedTop: number;
  /** null: nothing is measured beside fleet and bus. */
  readonly collectorsFile: string | null;
  readonly packFiles: readonly string[];
  /** null: what packs have counted is not kept. */
  readonly packStateFile: string | null;
  /** What programs that collectors run see of the environment. */
  readonly programs: Readonly<Record<string, string>>;
  readonly alertmanagerUrls: readonly string[];
  readonly runbookUrl: string;
  readonly logLevel: string;
  readonly logFormat: LogFormat;
  readonly version: string;
}

/**
 * The configuration from the environment.
 * @throws Error that names every problem, one a line; it repeats no value
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): ExporterConfig {
  const read = readSettings(ExporterEnvironment, environment);
  if ("problems" in read) throw new Error(`The exporter's environment is wrong:\n${read.problems.join("\n")}`);
  const { settings } = read;
  return Object.freeze({
    redisUrl: settings.REDIS_URL,
    isCluster: settings.ROLLCALL_REDIS_CLUSTER,
    shard: shardOf(settings.ROLLCALL_EXPORTER_SHARD),
    fleet: settings.ROLLCALL_FLEET,
    fleetKey: settings.ROLLCALL_FLEET_KEY,
    host: settings.ROLLCALL_EXPORTER_HOST,
    port: settings.ROLLCALL_EXPORTER_PORT,
    refreshSeconds: settings.ROLLCALL_EXPORTER_REFRESH_SECONDS,
    maxAgeSeconds: settings.ROLLCALL_EXPORTER_MAX_AGE_SECONDS,
    maxSeries: settings.ROLLCALL_EXPORTER_MAX_SERIES,
    detailedAgents: settings.ROLLCALL_EXPORTER_DETAILED_AGENTS,
    detailedTop: settings.ROLLCALL_EXPORTER_DETAILED_TOP,
    collectorsFile: settings.ROLLCALL_COLLECTORS_FILE ?? null,
    packFiles: settings.ROLLCALL_PACK_FILES ?? [],
    packStateFile: settings.ROLLCALL_PACK_STATE_FILE ?? null,
    programs: pick(environment, ["PATH", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"]),
    alertmanagerUrls: settings.ALERTMANAGER_URLS ?? [],
    runbookUrl: settings.ROLLCALL_RUNBOOK_URL.replace(/\/+$/, ""),
    logLevel: settings.ROLLCALL_LOG_LEVEL,
    logFormat: settings.ROLLCALL_LOG_FORMAT,
    version: readVersion(),
  });
}

const pick = (environment: Readonly<Record<string, string | undefined>>, names: readonly string[]) =>
  Object.fromEntries(names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));

const readVersion = (): string =>
  (JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as { version: string }).version;
