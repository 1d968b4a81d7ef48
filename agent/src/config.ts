import { FAULTS } from "@rollcall/core/protocol/faults.ts";
import { agentId } from "@rollcall/core/protocol.ts";
import { production, readSettings, secretAddress, secretText } from "@rollcall/core/secrets/read-settings.ts";
import { z } from "zod";
import { LOG_FORMATS, type LogFormat } from "./log.ts";

const text = z.string().max(200);

/** The environment of an agent process. */
export const AgentEnvironment = z.object({
  ROLLCALL_PRODUCTION: production,
  ROLLCALL_AGENT: agentId.describe("Id of this agent, as in fleet.yaml"),
  ROLLCALL_FLEET: agentId.describe("Name of the fleet; prefix of all keys on the bus"),
  REDIS_URL: secretAddress("redis", "rediss").describe("Redis of the bus, with the agent's own user and password"),
  ROLLCALL_REDIS_CLUSTER: z
    .enum(["true", "false"])
    .default("false")
    .describe("true: REDIS_URL is any node of a Redis Cluster"),
  ROLLCALL_AGENT_KEY: secretText(64, [/^[0-9a-f]{64}$/, "64 hex characters, derived from the fleet key"]).describe(
    "Key that heartbeats and replies are signed with",
  ),
  ROLLCALL_BROADCAST_KEY: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 hex characters, the public key of the fleet's broadcasts")
    .optional()
    .describe("Public key that broadcasts are checked with; without it the agent does not listen to them"),
  ROLLCALL_AGENT_DIR: z
    .string()
    .min(1)
    .describe("Directory of the agent's own files; the ledger applied.jsonl lies here"),
  ROLLCALL_STARTED_BY: text.optional().describe("Id of the command that started this process"),
  ROLLCALL_ALLOW_DRILLS: z
    .enum(["true", "false"])
    .default("false")
    .describe(`Whether the agent obeys drills: ${FAULTS.join(", ")}`),
  ROLLCALL_LOG_FORMAT: z
    .enum(LOG_FORMATS)
    .default("auto")
    .describe("auto: text on a terminal, JSON elsewhere; google: JSON with the fields of Google Cloud Logging"),
  ROLLCALL_VERSION: z.string().max(64).default("0.1.0").describe("Version that the agent reports"),
});

/** What the SDK needs to know of its surroundings. */
export interface AgentConfig {
  readonly agent: string;
  readonly fleet: string;
  readonly redisUrl: string;
  /** The address is that of any node of a Redis Cluster; one server if not said. */
  readonly isCluster?: boolean;
  readonly key: string;
  /** Hears no broadcast if not said. */
  readonly broadcastKey?: string | undefined;
  readonly dir: string;
  readonly startedBy: string | null;
  readonly allowDrills: boolean;
  readonly version: string;
  /** `text` if not said. */
  readonly logFormat?: LogFormat;
}

/**
 * The configuration from the environment.
 * @throws Error that names every problem, one a line
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): AgentConfig {
  const read = readSettings(AgentEnvironment, environment);
  if ("problems" in read)
    throw new Error(`The configuration is not usable:\n${read.problems.map((line) => `  ${line}`).join("\n")}`);
  const found = read.settings;
  return Object.freeze({
    agent: found.ROLLCALL_AGENT,
    fleet: found.ROLLCALL_FLEET,
    redisUrl: found.REDIS_URL.reveal(),
    isCluster: found.ROLLCALL_REDIS_CLUSTER === "true",
    key: found.ROLLCALL_AGENT_KEY.reveal(),
    broadcastKey: found.ROLLCALL_BROADCAST_KEY,
    dir: found.ROLLCALL_AGENT_DIR,
    startedBy: found.ROLLCALL_STARTED_BY ?? null,
    allowDrills: found.ROLLCALL_ALLOW_DRILLS === "true",
    version: found.ROLLCALL_VERSION,
    logFormat: found.ROLLCALL_LOG_FORMAT,
  });
}
