import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import type { BenchStack } from "./bench-stack.ts";
import { type Figure, repeat, single, timing } from "./figures.ts";
import { residentMb } from "./machine.ts";
import { startSimulatedFleet } from "./simulated-fleet.ts";

export async function measureScrape(stack: BenchStack): Promise<Figure[]> {
  return [
    timing({
      what: "22 real agents",
      samples: await scrape(`http://127.0.0.1:${stack.ports.exporter}`, 100),
      why: "",
    }),
    ...(await scrapeSimulated(stack, { agents: 1000, topics: 100 })),
    ...(await scrapeSimulated(stack, { agents: 10_000, topics: 1000, p99: 60 })),
  ];
}

interface ScrapeSize {
  readonly agents: number;
  readonly topics: number;
  readonly p99?: number;
}

async function scrapeSimulated(stack: BenchStack, { agents, topics, p99 }: ScrapeSize): Promise<Figure[]> {
  const place = { redisUrl: stack.redisUrl, fleetKey: stack.secrets.fleetKey, fleet: `bench-scrape-${agents}` };
  const fleet = await startSimulatedFleet({ ...place, agents, topics });
  const exporter = await startExporter(stack, place.fleet);
  try {
    await untilComplete(exporter.url, agents);
    const samples = await scrape(exporter.url, 40);
    const text = await (await fetch(`${exporter.url}/metrics`)).text();
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
    const what = `${agents.toLocaleString("en-US")} simulated agents, ${topics.toLocaleString("en-US")} topics`;
    const why =
      "the bus is read and its page prepared every second, in steps of some milliseconds on the thread that answers";
    const rss = {
      value: residentMb(exporter.pid),
      limit: 200,
      unit: "MB",
      why: "before 22 agents it holds 105 MB; the rest are the fleet, its heartbeats, the slots of its series and a page of them",
    };
    return [
      timing({ what: `${what}, ${series.toLocaleString("en-US")} series`, samples, why, ...(p99 && { p99 }) }),
      single({ what: `memory of that exporter`, ...rss }),
    ];
  } finally {
    await exporter.stop();
    await fleet.stop();
  }
}

interface ExporterPlace {
  readonly redisUrl: string;
  readonly secrets: Pick<BenchStack["secrets"], "fleetKey">;
  /** Where what Node compiles is kept, as in the stack; it is compiled anew if none is named. */
  readonly compileCache?: string;
}

/** An exporter in a process of its own. */
export async function startExporter(stack: ExporterPlace, fleet: string) {
  const port = await findFreePort();
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../exporter/src/main.ts")], {
    env: {
      PATH: process.env.PATH,
      REDIS_URL: stack.redisUrl,
      ROLLCALL_FLEET: fleet,
      ROLLCALL_FLEET_KEY: stack.secrets.fleetKey,
      ROLLCALL_EXPORTER_PORT: String(port),
      ROLLCALL_LOG_LEVEL: "error",
      ...(stack.compileCache !== undefined && { NODE_COMPILE_CACHE: stack.compileCache }),
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(child, "exit");
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid as number,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** Waits until every agent has a rung. */
async function untilComplete(url: string, agents: number): Promise<void> {
  const deadline = Date.now() + 60_000;
  let found = 0;
  while (Date.now() < deadline) {
    const text = await fetch(`${url}/metrics`).then(
      (response) => response.text(),
      () => "",
    );
    found = text.split("\nrollcall_agent_rung{").length - 1;
    if (found >= agents) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`the exporter shows ${found} of ${agents} agents after 60 s`);
}

const scrape = (url: string, times: number): Promise<number[]> =>
  repeat(times, async () => {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(60_000) });
    if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
    await response.arrayBuffer();
  });
