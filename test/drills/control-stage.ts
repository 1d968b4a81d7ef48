import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSlackStandIn } from "@rollcall/local/slack/stand-in.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startPostgres } from "@rollcall/local/tools/postgres-server.ts";
import { startRedis } from "@rollcall/local/tools/redis-server.ts";
import { type SimulatedFleetOptions, simulatedId, startSimulatedFleet } from "../bench/simulated-fleet.ts";
import { prepareForControl } from "../control-database.ts";
import { type FaultProxy, startFaultProxy } from "../fault-proxy.ts";
import { NO_BRAKES, NO_LIMITS } from "../no-limits.ts";

const root = join(import.meta.dirname, "../..");
const FLEET = "drill";
const FLEET_KEY = "the fleet key of a drill, at least 32 characters";
const PASSWORD = "the-password-of-a-drill-with-32-characters";
const BOT_TOKEN = "xoxb-of-a-drill";
export const SIGNING_SECRET = "the-signing-secret-of-a-drill";

/** What a stage can make slow. */
export type Slowable = "postgres" | "redis" | "slack";

/** A real control service on its own Redis, PostgreSQL and Slack stand-in, in front of simulated agents. */
export type ControlStage = Awaited<ReturnType<typeof openControlStage>>;

export interface StageOptions {
  /** Whether `slow` works: what the control service talks to then answers through a proxy. */
  readonly slowable?: boolean;
  /** Whether Slack refuses what comes too fast, as the real one does. */
  readonly slackLimits?: boolean;
  /** Content of access.yaml; one operator if left out. */
  readonly access?: object;
  /** Agents in fleet.yaml beside the simulated ones; nobody ever sees them. */
  readonly more?: readonly string[];
  /** What fleet.yaml says of every agent beside its id. */
  readonly described?: object;
  /** What every agent says of itself. */
  readonly says?: SimulatedFleetOptions["says"];
  /** Further settings of the control service. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function openControlStage(agents: number, options: StageOptions = {}) {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-drill-"));
  const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of ends.toReversed()) await end().catch(() => undefined);
  };
  try {
    const stores = await startStores(folder, ends);
    const slack = await createSlackStandIn({
      ...{ port: 0, signingSecret: SIGNING_SECRET, botToken: BOT_TOKEN, logLevel: "silent" },
      rateLimits: options.slackLimits ?? false,
    });
    ends.push(() => slack.close());
    const fleet = await startSimulatedFleet({
      ...stores,
      fleetKey: FLEET_KEY,
      fleet: FLEET,
      agents,
      says: options.says ?? {},
    });
    ends.push(() => fleet.stop());
    await writeFiles(folder, agents, options);
    const supervisor = createServer((_request, response) => response.end('{"agents":[]}'));
    await new Promise<void>((resolve) => supervisor.listen(join(folder, "supervisor.sock"), resolve));
    ends.push(async () => supervisor.close());
    const direct = { postgres: stores.databaseUrl, redis: stores.redisUrl, slack: slack.url };
    const ways = options.slowable ? await openWays(direct, ends) : { urls: direct, slow: () => undefined };
    // What it says of servers that are slow on purpose is no news.
    const stderr = options.slowable ? "ignore" : "inherit";
    const { postgres: databaseUrl, redis: redisUrl, slack: slackUrl } = ways.urls;
    const { environment = {} } = options;
    const control = await startControl({ folder, databaseUrl, redisUrl, slackUrl, stderr, environment }, ends);
    return { fleet, ...stores, ...control, slack, accessFile: join(folder, "access.yaml"), slow: ways.slow, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startStores(folder: string, ends: (() => Promise<unknown>)[]) {
  const toolsDir = join(process.env.ROLLCALL_DATA_DIR ?? join(root, ".rollcall"), "tools");
  const place = (name: string) => ({
    dataDir: join(folder, name),
    logFile: join(folder, `${name}.log`),
    password: PASSWORD,
  });
  const redis = await startRedis({ ...place("redis"), toolsDir, port: await findFreePort() });
  endWithUs(redis.child.pid);
  ends.push(() => redis.child.stop());
  const postgres = await startPostgres({ ...place("postgres"), port: await findFreePort() });
  endWithUs(postgres.child.pid);
  ends.push(() => postgres.child.stop({ signal: "SIGINT" }));
  return { redisUrl: redis.url, ownerUrl: postgres.url, databaseUrl: await prepareForControl(postgres.url) };
}

/** Ctrl-C leaves no time to close a stage. */
function endWithUs(pid: number): void {
  process.once("exit", () => {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  });
}

type Ways = Readonly<Record<Slowable, string>>;

async function openWays(direct: Ways, ends: (() => Promise<unknown>)[]) {
  const proxies = new Map<string, FaultProxy>();
  const urls = { ...direct };
  for (const name of Object.keys(direct) as Slowable[]) {
    const url = new URL(direct[name]);
    const proxy = await startFaultProxy(Number(url.port));
    ends.push(() => proxy.close());
    proxies.set(name, proxy);
    url.port = String(proxy.port);
    urls[name] = url.href.replace(/\/$/, "");
  }
  /** @param ms by how much later its answers come; 0 makes it quick again */
  const slow = (name: Slowable, ms: number): void => proxies.get(name)?.delay(ms);
  return { urls, slow };
}

/** JSON is YAML. */
async function writeFiles(
  folder: string,
  agents: number,
  { more = [], access, described = {} }: StageOptions,
): Promise<void> {
  const ids = [...Array.from({ length: agents }, (_, index) => simulatedId(index)), ...more];
  const listed = ids.map((id) => ({
    ...{ id, group: "simulated", does: "answers", criticality: "P2" },
    ...{ consequence: "nobody notices", normalSeconds: 2 },
    ...described,
  }));
  const operator = {
    id: "operator",
    name: "Operator",
    role: "operator",
    slack: [{ team: "T0LOCAL", user: "U0OPERATOR" }],
  };
  await writeFile(join(folder, "fleet.yaml"), JSON.stringify({ fleet: FLEET, agents: listed }));
  await writeFile(join(folder, "access.yaml"), JSON.stringify(access ?? { people: [operator] }));
}

interface ControlPlace {
  readonly folder: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly slackUrl: string;
  readonly stderr: "ignore" | "inherit";
  readonly environment: Readonly<Record<string, string>>;
}

export const WEBHOOK_TOKEN = "the-webhook-token-of-a-drill";

async function startControl(
  { folder, redisUrl, databaseUrl, slackUrl, stderr, environment }: ControlPlace,
  ends: (() => Promise<unknown>)[],
) {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [join(root, "bot/src/main.ts")], {
    stdio: ["ignore", "ignore", stderr],
    env: {
      ...{
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        ROLLCALL_HTTP_PORT: String(port),
        ROLLCALL_PUBLIC_URL: url,
        ROLLCALL_LOG_LEVEL: "error",
        // At 02:30 UTC there would be one operation more than was asked for.
        ROLLCALL_DIAGNOSTICS_SCHEDULE: "off",
      },
      ...{ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, ROLLCALL_FLEET_KEY: FLEET_KEY },
      // One person sends more here in a minute than anybody may.
      ROLLCALL_BRAKES: NO_BRAKES,
      ROLLCALL_LIMITS: NO_LIMITS,
      ROLLCALL_FLEET_FILE: join(folder, "fleet.yaml"),
      ROLLCALL_ACCESS_FILE: join(folder, "access.yaml"),
      ROLLCALL_SUPERVISOR_SOCKET: join(folder, "supervisor.sock"),
      ...{ SLACK_BOT_TOKEN: BOT_TOKEN, SLACK_SIGNING_SECRET: SIGNING_SECRET, SLACK_API_URL: `${slackUrl}/api/` },
      ...{ SLACK_BOT_ID: "B0FLEET", SLACK_BOT_USER_ID: "U0FLEET", SLACK_TEAM_ID: "T0LOCAL" },
      ...{ ROLLCALL_SLACK_ALERTS_CHANNEL: "C0ALERTS", ROLLCALL_SLACK_OPS_CHANNEL: "C0OPS" },
      ALERTMANAGER_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
      ...{ PAGERDUTY_ROUTING_KEY: "0123456789abcdef0123456789abcdef", PAGERDUTY_EVENTS_URL: "http://127.0.0.1:9/" },
      ...environment,
    },
  });
  const exited = once(child, "exit");
  if (child.pid !== undefined) endWithUs(child.pid);
  ends.push(() => {
    child.kill("SIGKILL");
    return exited;
  });
  const ended = exited.then(([code]) => Promise.reject(new Error(`the control service ended with ${code}`)));
  await Promise.race([untilReady(url), ended]);
  return { url, eventsUrl: `${url}/slack/events` };
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  let found = "no answer";
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/ready`).catch(() => null);
    if (response?.ok) return;
    found = (await response?.text()) ?? found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`the control service is not ready after 60 s: ${found}`);
}
