import { readFileSync } from "node:fs";
import { join } from "node:path";
import { publicBroadcastKey } from "@rollcall/core/protocol/broadcast-seal.ts";
import { deriveAgentKey, deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { redact } from "@rollcall/core/secrets/redact.ts";
import { pino } from "pino";
import { areSpansWanted, telemetrySettings } from "../stack/settings.ts";
import { inheritedEnvironment } from "../tools/inherited-environment.ts";
import { readAgentsFile } from "./agents-file.ts";
import { readSupervisorConfig, type SupervisorConfig } from "./config.ts";
import { createSupervisorMetrics } from "./metrics.ts";
import { openMetricsDoor } from "./metrics-door.ts";
import { claimSocket, serveSupervisor } from "./server.ts";
import { openSupervisor } from "./supervisor.ts";

// Longer than an agent's own 5 s to finish its item (protocol: graceMs).
const STOP_GRACE_MS = 7_000;

const AGENT_TELEMETRY = join(import.meta.dirname, "../../agent/telemetry.ts");

const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as { version: string };

const log = pino({ name: "supervisor", hooks: { streamWrite: redact } });

function environmentOf(config: SupervisorConfig, agent: string): Record<string, string> {
  const password = deriveRedisPassword(config.ROLLCALL_FLEET_KEY.reveal(), agent);
  return {
    ...inheritedEnvironment(),
    ...telemetrySettings(process.env),
    ROLLCALL_FLEET: config.ROLLCALL_FLEET,
    ROLLCALL_AGENT_KEY: deriveAgentKey(config.ROLLCALL_FLEET_KEY.reveal(), agent),
    ROLLCALL_BROADCAST_KEY: publicBroadcastKey(config.ROLLCALL_FLEET_KEY.reveal()),
    REDIS_URL: `redis://agent-${agent}:${password}@${config.ROLLCALL_REDIS_ADDRESS}`,
    ROLLCALL_REDIS_CLUSTER: config.ROLLCALL_REDIS_CLUSTER,
    // People are shown an agent's last words, in Slack too.
    ROLLCALL_LOG_FORMAT: "text",
    // The sample fleet is there to be broken.
    ROLLCALL_ALLOW_DRILLS: "true",
    // Lets whoever started the whole stack find every process of it.
    ...(process.env.ROLLCALL_STACK === undefined ? {} : { ROLLCALL_STACK: process.env.ROLLCALL_STACK }),
  };
}

const told = new Set<string>();
/** What stays as it is would else be said each second. */
function tellOnce(problem: string): void {
  if (told.has(problem)) return;
  told.add(problem);
  log.warn({ problem }, "a part of the logs is not read");
}

try {
  const config = readSupervisorConfig();
  // First of all: opening ends left-over agents, which must not be those of a supervisor that works.
  await claimSocket(config.ROLLCALL_SUPERVISOR_SOCKET);
  const metrics = createSupervisorMetrics({ version: manifest.version });
  const supervisor = await openSupervisor({
    dir: config.ROLLCALL_SUPERVISOR_DIR,
    agentsDir: config.ROLLCALL_AGENTS_DIR,
    logsDir: config.ROLLCALL_AGENT_LOGS_DIR,
    knownAgents: () => readAgentsFile(config.ROLLCALL_AGENTS_FILE),
    program: {
      path: process.execPath,
      args: [...(areSpansWanted(process.env) ? ["--import", AGENT_TELEMETRY] : []), config.ROLLCALL_AGENT_PROGRAM],
      cwd: join(import.meta.dirname, "../.."),
    },
    environmentOf: (agent) => environmentOf(config, agent),
    watch: metrics.watch,
    onProblem: tellOnce,
  });
  const server = await serveSupervisor(supervisor, {
    socket: config.ROLLCALL_SUPERVISOR_SOCKET,
    onError: (error) => log.error({ err: error }, "request failed"),
  });
  metrics.show(supervisor);
  const { ROLLCALL_SUPERVISOR_METRICS_HOST: host, ROLLCALL_SUPERVISOR_METRICS_PORT: port } = config;
  const onError = (error: unknown) =>
    log.error({ err: error }, "metrics cannot be shown; agents are kept all the same");
  const door = port === undefined ? null : openMetricsDoor(metrics.registry, { host, port, onError });
  log.info({ socket: config.ROLLCALL_SUPERVISOR_SOCKET }, "supervisor listens");
  const stop = async () => {
    server.close();
    door?.close();
    await supervisor.stopAll(STOP_GRACE_MS);
    process.exit(0);
  };
  process.once("SIGTERM", () => void stop());
  process.once("SIGINT", () => void stop());
} catch (error) {
  log.fatal({ err: error }, "supervisor cannot start");
  process.exitCode = 1;
}
