import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DECLARED } from "@rollcall/agent/sample/declared.ts";
import { startChild } from "@rollcall/local/tools/child.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startRedis } from "@rollcall/local/tools/redis-server.ts";
import { expectAgent, FakeFleet, scrape } from "../../exporter/test/fake-fleet.ts";
import { createStage, type Stage, until } from "../agent-stage.ts";
import { percentile } from "../bench/figures.ts";
import { type FaultProxy, startFaultProxy } from "../fault-proxy.ts";
import { MonitoringStage } from "../monitoring-stage.ts";
import { type Drill, type Outcome, outcome } from "./drill.ts";

const FLEET_KEY = "a fleet key of at least 32 characters";
const DEADLINE_MS = 15_000;
/** The sample fleet but one, who stays well. */
const MOST_FAULTS = Object.keys(DECLARED).length - 1;
const FAULTS = ["killed", "frozen", "cut off"] as const;

export interface DetectOptions {
  /** How many agents get a fault; at most all but one of the sample fleet. */
  readonly faults: number;
  /** From the deadline to the webhook at most; null: not judged, on a machine that does other things too. */
  readonly mostSeconds: number | null;
}

/** How soon it is told that an agent is gone: real agents, exporter, Prometheus and Alertmanager, the shipped configuration. */
export const detectDrill = (options: DetectOptions): Drill => ({
  name: "detect",
  about: `${options.faults} agents are killed, frozen or cut off: each is told once, soon after its heartbeat deadline`,
  options: ["faults"],
  withOptions: ({ faults = options.faults }) => detectDrill({ ...options, faults: Math.min(faults, MOST_FAULTS) }),
  async run(say) {
    const ends: (() => Promise<unknown>)[] = [];
    try {
      return await rehearse(options, { say, ends });
    } finally {
      for (const end of ends.toReversed()) await end();
    }
  },
});

interface Around {
  readonly say: (sentence: string) => void;
  /** What is to be ended, the last first. */
  readonly ends: (() => Promise<unknown>)[];
}

async function rehearse({ faults, mostSeconds }: DetectOptions, { say, ends }: Around): Promise<Outcome[]> {
  const ids = Object.keys(DECLARED).slice(0, faults + 1);
  say("Redis, Prometheus, Alertmanager, an exporter and agents start …");
  const scene = await open(ids, ends);
  const victims = ids.slice(0, faults);
  const children = await startAgents(scene, ids, victims);
  say(`${ids.length} agents beat; ${faults} of them get a fault now`);
  strike(victims, children);
  scene.proxy.swallow("both");
  const late: number[] = [];
  for (const [index, id] of victims.entries()) {
    const seconds = await secondsUntilTold(scene, id);
    late.push(seconds);
    say(`${id} was ${faultOf(index)}: told ${seconds.toFixed(2)} s after its deadline`);
  }
  const { monitoring } = scene;
  const firing = () => monitoring.query('ALERTS{alertname="AgentGone",alertstate="firing"}');
  await until("Prometheus tells it too", async () => (await firing()).length === faults, 120);
  return judge({ late, mostSeconds, victims, well: ids.slice(faults), monitoring });
}

type Scene = Awaited<ReturnType<typeof open>>;
type Children = ReadonlyMap<string, ReturnType<Stage["spawnSample"]>>;

/** Those that will be cut off reach Redis through the proxy. */
async function startAgents({ stage, proxy, exporterUrl }: Scene, ids: string[], victims: string[]): Promise<Children> {
  const children = new Map<string, ReturnType<Stage["spawnSample"]>>();
  for (const [index, id] of ids.entries()) {
    const url = new URL(stage.config(id).redisUrl);
    if (victims.includes(id) && faultOf(index) === "cut off") url.port = String(proxy.port);
    children.set(id, stage.spawnSample(id, { redisUrl: url.href }));
  }
  for (const id of ids) await until(`${id} beats`, async () => ((await stage.beat(id))?.counter ?? 0) >= 2, 90);
  const measured = async () => (await scrape(exporterUrl)).series("rollcall_agent_info").length;
  await until("every agent is measured", async () => (await measured().catch(() => 0)) === ids.length, 90);
  return children;
}

function strike(victims: readonly string[], children: Children): void {
  for (const [index, id] of victims.entries()) {
    const { child } = children.get(id) ?? {};
    if (faultOf(index) === "killed") child?.kill("SIGKILL");
    if (faultOf(index) === "frozen") child?.kill("SIGSTOP");
  }
}

/** From the deadline of the last heartbeat on. */
async function secondsUntilTold({ stage, monitoring }: Scene, id: string): Promise<number> {
  const told = await until(`${id} is told`, async () => monitoring.toldOf(id)[0], 120);
  const beat = await stage.beat(id);
  return (told.at - (beat?.at ?? Number.NaN) - DEADLINE_MS) / 1000;
}

const faultOf = (index: number): (typeof FAULTS)[number] => FAULTS[index % FAULTS.length] ?? "killed";

interface Found {
  readonly late: readonly number[];
  readonly mostSeconds: number | null;
  readonly victims: readonly string[];
  readonly well: readonly string[];
  readonly monitoring: MonitoringStage;
}

function judge({ late, mostSeconds, victims, well, monitoring }: Found): Outcome[] {
  const most = Math.max(...late);
  const once = victims.filter((id) => monitoring.toldOf(id).length === 1).length;
  const wrongly = well.flatMap((id) => monitoring.toldOf(id)).length;
  const figures = `p50 ${percentile([...late], 0.5).toFixed(2)} s, longest ${most.toFixed(2)} s`;
  return [
    outcome("after the deadline, until the webhook", figures, mostSeconds === null || most <= mostSeconds),
    outcome("never before the deadline", `${Math.min(...late).toFixed(2)} s at the earliest`, Math.min(...late) >= 0),
    outcome("agents that were told once", `${once} of ${victims.length}`, once === victims.length),
    outcome("messages about agents that are well", wrongly, wrongly === 0),
  ];
}

async function open(ids: readonly string[], ends: Around["ends"]) {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-detect-"));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const toolsDir = join(process.env.ROLLCALL_DATA_DIR ?? join(import.meta.dirname, "../../.rollcall"), "tools");
  const port = await findFreePort();
  const files = { dataDir: join(folder, "redis"), logFile: join(folder, "redis.log") };
  const redis = await startRedis({ toolsDir, ...files, port, password: "of-a-drill" });
  ends.push(() => redis.child.stop());
  const proxy: FaultProxy = await startFaultProxy(port);
  ends.push(() => proxy.close());
  const stage = await createStage(redis.url, Object.fromEntries(ids.map((id) => [id, declaredOf(id)])));
  ends.push(() => stage.close());
  const fleet = new FakeFleet(redis.url, stage.fleet);
  ends.push(async () => fleet.close());
  const topics = [...new Set(Object.values(DECLARED).flatMap(({ publishes }) => publishes))];
  const agents = ids.map((id) => expectAgent(id, { criticality: "P0", ...declaredOf(id) }));
  await fleet.publish({ agents, topics });
  const monitoring = new MonitoringStage({ toolsDir, quick: false });
  await monitoring.open();
  ends.push(() => monitoring.close());
  const environment = {
    ...{ REDIS_URL: redis.url, ROLLCALL_FLEET: stage.fleet, ROLLCALL_FLEET_KEY: FLEET_KEY },
    ROLLCALL_EXPORTER_PORT: String(monitoring.ports.exporter),
    ALERTMANAGER_URLS: monitoring.alertmanagerUrl,
  };
  const exporter = startChild({
    ...{ name: "exporter", path: process.execPath, args: [join(import.meta.dirname, "../../exporter/src/main.ts")] },
    ...{ env: environment, logFile: join(folder, "exporter.log") },
  });
  ends.push(() => exporter.stop());
  return { stage, monitoring, proxy, exporterUrl: `http://127.0.0.1:${monitoring.ports.exporter}` };
}

function declaredOf(id: string): { consumes: string[]; publishes: string[] } {
  const { consumes = [], publishes = [] } = DECLARED[id] ?? {};
  return { consumes: [...consumes], publishes: [...publishes] };
}
