import { join } from "node:path";
import { production, readSettings, secretText } from "@rollcall/core/secrets/read-settings.ts";
import { z } from "zod";

const repository = join(import.meta.dirname, "../..");

const supervisorConfig = z.object({
  ROLLCALL_PRODUCTION: production,
  ROLLCALL_SUPERVISOR_SOCKET: z.string().min(1).max(107).describe("Unix socket that the supervisor listens on"),
  ROLLCALL_SUPERVISOR_METRICS_HOST: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to show /metrics on; the port answers nothing else"),
  ROLLCALL_SUPERVISOR_METRICS_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("Port to show /metrics on; without it they are not shown"),
  ROLLCALL_SUPERVISOR_DIR: z.string().min(1).describe("Folder of the supervisor's ledger of command ids"),
  ROLLCALL_AGENTS_DIR: z.string().min(1).describe("Folder that holds one folder per agent, for the agent's ledger"),
  ROLLCALL_AGENT_LOGS_DIR: z.string().min(1).describe("Folder of the agents' output"),
  ROLLCALL_AGENTS_FILE: z
    .string()
    .min(1)
    .describe("JSON file with the agents that may be started: the id of each, and its command if it declares one"),
  ROLLCALL_AGENT_PROGRAM: z
    .string()
    .default(join(repository, "agent/src/sample/main.ts"))
    .describe("What Node runs for each agent"),
  ROLLCALL_FLEET: z.string().min(1).describe("Name of the fleet"),
  ROLLCALL_FLEET_KEY: secretText(32).describe("Secret that the agents' keys and passwords derive from"),
  ROLLCALL_REDIS_ADDRESS: z.string().default("127.0.0.1:6380").describe("Redis of the bus, host:port"),
  ROLLCALL_REDIS_CLUSTER: z
    .enum(["true", "false"])
    .default("false")
    .describe("true: that is any node of a Redis Cluster"),
});
export type SupervisorConfig = Readonly<z.infer<typeof supervisorConfig>>;

/** @throws Error that names every problem at once */
export function readSupervisorConfig(env: NodeJS.ProcessEnv = process.env): SupervisorConfig {
  const read = readSettings(supervisorConfig, env);
  if ("settings" in read) return read.settings;
  throw new Error(read.problems.join("\n"));
}
