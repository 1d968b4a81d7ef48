import { createHash } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisAclLines } from "@rollcall/core/adapters/redis/agent-access.ts";
import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { readFleetFile } from "@rollcall/core/fleet-file.ts";
import { deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { compileCacheOf } from "@rollcall/local/stack/context.ts";
import { pathsBelow } from "@rollcall/local/stack/layout.ts";
import type { Child } from "@rollcall/local/tools/child.ts";
import { startChild } from "@rollcall/local/tools/child.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startPostgres } from "@rollcall/local/tools/postgres-server.ts";
import { startRedis } from "@rollcall/local/tools/redis-server.ts";
import { prepareForControl } from "../../control-database.ts";
import { endWithUs } from "../end-with-us.ts";
import { type ControlPlace, openControl } from "./control.ts";

const root = join(import.meta.dirname, "../../..");
const DATA_DIR = process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall");
/** Processes are started again and again here, and on a small machine compiling them is the most of it. */
const COMPILED = { NODE_COMPILE_CACHE: compileCacheOf({ layout: pathsBelow(DATA_DIR) }) };
const FLEET_KEY = "the fleet key of a drill, at least 32 characters";
const PASSWORD = "the-password-of-a-drill-with-32-characters";
/** Token of the operator who asks for everything here. */
export const TOKEN = `rc_${"c".repeat(43)}`;
/** Agents that nobody ever starts: without them three agents were too large a share of the fleet for one person. */
const ABSENT = 40;

export interface CrashStageOptions {
  /** Of the sample fleet; each is a process. */
  readonly agents: readonly string[];
  /** Of the control services, beside what they need. */
  readonly environment?: Readonly<Record<string, string>>;
}

export type CrashStage = Awaited<ReturnType<typeof openCrashStage>>;

/** Control services, a supervisor with agents, Redis and PostgreSQL: all of them processes that may be killed. */
export async function openCrashStage({ agents, environment = {} }: CrashStageOptions) {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-crash-"));
  const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of ends.toReversed()) await end().catch(() => undefined);
  };
  try {
    const fleet = await writeFiles(folder);
    const stores = await openStores(folder, fleet, ends);
    const databaseUrl = await prepareForControl(stores.postgresUrl);
    const supervisor = await openSupervisor({ folder, redisPort: stores.redisPort, agents, fleet: fleet.fleet }, ends);
    const place: ControlPlace = {
      environment: controlEnvironment(folder, { databaseUrl, redisPort: stores.redisPort }, environment),
      logFile: join(folder, "control.log"),
    };
    return {
      ...{
        folder,
        agents,
        fleet: fleet.fleet,
        fleetKey: FLEET_KEY,
        ownerUrl: stores.postgresUrl,
        ...stores,
        ...supervisor,
      },
      /** Starts one more control service. */
      async addControl(changes: Readonly<Record<string, string>> = {}) {
        const control = await openControl({ ...place, environment: { ...place.environment, ...changes } });
        ends.push(() => control.close());
        return control;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writeFiles(folder: string) {
  const sample = await readFleetFile(join(root, "fleet.yaml"));
  const absent = Array.from({ length: ABSENT }, (_, index) => ({
    ...{ id: `absent-${index}`, group: "absent", does: "nothing", criticality: "P3" as const },
    ...{ consequence: "nobody notices", normalSeconds: 1 },
  }));
  const file = join(folder, "fleet.yaml");
  await writeFile(file, JSON.stringify({ ...sample, agents: [...sample.agents, ...absent] }));
  const token = { id: "drill", sha256: sha256(TOKEN), expires: "2099-01-01T00:00:00Z", scopes: ["*"] };
  const operator = { id: "operator", name: "Operator", role: "operator", tokens: [token] };
  await writeFile(join(folder, "access.yaml"), JSON.stringify({ people: [operator] }));
  return await readFleetFile(file);
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

type Fleet = Awaited<ReturnType<typeof writeFiles>>;

/** Redis and PostgreSQL at fixed ports, so that they can be killed and come back. */
async function openStores(folder: string, fleet: Fleet, ends: (() => Promise<unknown>)[]) {
  const toolsDir = join(DATA_DIR, "tools");
  const aclLines = redisAclLines(fleet, FLEET_KEY);
  const [redisPort, postgresPort] = [await findFreePort(), await findFreePort()];
  const place = (name: string, port: number) => ({
    ...{ dataDir: join(folder, name), logFile: join(folder, `${name}.log`), password: PASSWORD, port },
  });
  const start = {
    redis: () => startRedis({ ...place("redis", redisPort), toolsDir, aclLines }),
    postgres: () => startPostgres({ ...place("postgres", postgresPort), settings: { fsync: "off" } }),
  };
  const redis = await untilStarted(start.redis);
  const running: { redis: Child; postgres: Child } = { redis: redis.child, postgres: NOT_RUNNING };
  ends.push(() => running.redis.stop());
  endWithUs(() => running.redis.pid);
  const postgres = await untilStarted(start.postgres);
  running.postgres = postgres.child;
  ends.push(() => running.postgres.stop({ signal: "SIGINT" }));
  endWithUs(() => running.postgres.pid);
  return {
    ...{
      toolsDir,
      redisPort,
      redisUrl: `redis://default:${PASSWORD}@127.0.0.1:${redisPort}`,
      postgresUrl: postgres.url,
    },
    /** Ends it without a goodbye, and starts it again on what is on its disk. */
    async crash(store: "redis" | "postgres") {
      // PostgreSQL's SIGQUIT ends all of its processes at once and leaves the repair to the next start.
      running[store].signal(store === "redis" ? "SIGKILL" : "SIGQUIT");
      await running[store].exited;
      running[store] = (await untilStarted<{ child: Child }>(start[store])).child;
    },
  };
}

/** While everything else starts again too, a store may not be there in time: it is started once more then. */
async function untilStarted<Started>(start: () => Promise<Started>, starts = 6): Promise<Started> {
  try {
    return await start();
  } catch (error) {
    if (starts === 1) throw error;
    return untilStarted(start, starts - 1);
  }
}

const NOT_RUNNING: Child = {
  ...{ name: "postgres", pid: -1, exited: Promise.resolve("never started"), hasExited: () => true },
  ...{ signal: () => undefined, stop: async () => false },
};

interface SupervisorPlace {
  readonly folder: string;
  readonly redisPort: number;
  readonly agents: readonly string[];
  readonly fleet: string;
}

async function openSupervisor(place: SupervisorPlace, ends: (() => Promise<unknown>)[]) {
  const { folder, redisPort, agents, fleet } = place;
  const agentsFile = join(folder, "agents.json");
  const socket = join(folder, "supervisor.sock");
  const program = join(root, "agent/src/sample/main.ts");
  const prefixes = new Map<string, readonly string[]>();
  let written = Promise.resolve();
  const write = () => {
    const listed = agents.map((id) => {
      const prefix = prefixes.get(id);
      return { id, ...(prefix !== undefined && { command: [...prefix, process.execPath, program] }) };
    });
    // The supervisor reads it at any moment: it finds the old list or the new one.
    written = written.then(async () => {
      await writeFile(`${agentsFile}.next`, JSON.stringify(listed));
      await rename(`${agentsFile}.next`, agentsFile);
    });
    return written;
  };
  await write();
  const child = startChild({
    ...{ name: "supervisor", path: process.execPath, args: [join(root, "local/supervisor/main.ts")] },
    logFile: join(folder, "supervisor.log"),
    env: {
      ...COMPILED,
      ...{ ROLLCALL_SUPERVISOR_SOCKET: socket, ROLLCALL_SUPERVISOR_DIR: join(folder, "supervisor") },
      ...{ ROLLCALL_AGENTS_DIR: join(folder, "agents"), ROLLCALL_AGENT_LOGS_DIR: join(folder, "logs") },
      ...{ ROLLCALL_AGENTS_FILE: agentsFile, ROLLCALL_AGENT_PROGRAM: program, ROLLCALL_FLEET: fleet },
      ...{ ROLLCALL_FLEET_KEY: FLEET_KEY, ROLLCALL_REDIS_ADDRESS: `127.0.0.1:${redisPort}` },
    },
  });
  ends.push(() => child.stop());
  endWithUs(() => child.pid);
  const supervisor = connectBuiltInSupervisor(socket);
  const deadline = Date.now() + 30_000;
  while ((await supervisor.list().catch(() => null)) === null) {
    if (Date.now() > deadline) throw new Error(`the supervisor does not answer; see ${join(folder, "supervisor.log")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    supervisor,
    supervisorChild: child,
    agentDir: (agent: string) => join(folder, "agents", agent),
    /** What stands in front of an agent's program from its next start on. */
    async startUnder(agent: string, prefix: readonly string[] | null) {
      if (prefix === null) prefixes.delete(agent);
      else prefixes.set(agent, prefix);
      await write();
    },
  };
}

function controlEnvironment(
  folder: string,
  { databaseUrl, redisPort }: { databaseUrl: string; redisPort: number },
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const password = deriveRedisPassword(FLEET_KEY, "control");
  return {
    ...COMPILED,
    ...{ ROLLCALL_PUBLIC_URL: "http://127.0.0.1:8080", ROLLCALL_LOG_LEVEL: "warn" },
    ...{ DATABASE_URL: databaseUrl, REDIS_URL: `redis://control:${password}@127.0.0.1:${redisPort}` },
    ...{ ROLLCALL_FLEET_FILE: join(folder, "fleet.yaml"), ROLLCALL_ACCESS_FILE: join(folder, "access.yaml") },
    ...{ ROLLCALL_FLEET_KEY: FLEET_KEY, ROLLCALL_SUPERVISOR_SOCKET: join(folder, "supervisor.sock") },
    ...{ SLACK_BOT_TOKEN: "xoxb-of-a-drill", SLACK_SIGNING_SECRET: "the-signing-secret-of-a-drill" },
    ...{ SLACK_API_URL: "http://127.0.0.1:9/api/", SLACK_BOT_ID: "B0FLEET", SLACK_BOT_USER_ID: "U0FLEET" },
    ...{ SLACK_TEAM_ID: "T0LOCAL", ROLLCALL_SLACK_ALERTS_CHANNEL: "C0ALERTS", ROLLCALL_SLACK_OPS_CHANNEL: "C0OPS" },
    ALERTMANAGER_WEBHOOK_TOKEN: "the-webhook-token-of-a-drill",
    ...{ PAGERDUTY_ROUTING_KEY: "0123456789abcdef0123456789abcdef", PAGERDUTY_EVENTS_URL: "http://127.0.0.1:9/" },
    ...{ ROLLCALL_LEASE_SECONDS: "1", ROLLCALL_DIAGNOSTICS_SCHEDULE: "off" },
    // The same few agents are restarted again and again, and by no fault of theirs it does not always help.
    ROLLCALL_BRAKES: "agent=off,automation=off,fleet=off",
    ...more,
  };
}
