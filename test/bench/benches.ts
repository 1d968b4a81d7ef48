import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { askAgents } from "@rollcall/core/ask-agents.ts";
import { takeRoll } from "@rollcall/core/take-roll.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import type { BenchStack } from "./bench-stack.ts";
import { type Figure, repeat, single, timing } from "./figures.ts";
import { residentMb } from "./machine.ts";
import { sendSigned, signCommand } from "./signed-command.ts";
import { sightOf, startSimulatedFleet } from "./simulated-fleet.ts";

/** One benchmark: a name to type, a sentence, and what measures it. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly measure: (stack: BenchStack) => Promise<readonly Figure[]>;
}

const BUSY = "one machine runs the measured, the measuring and 31 processes of the stack";

export const BENCHES: readonly Bench[] = [
  {
    name: "start",
    about: "`npm start -- --detach` until every agent works, and the memory of all processes once they do.",
    measure: measureStart,
  },
  {
    name: "roll-call",
    about:
      "Rungs 1 to 4 of every agent: process, heartbeat, echo and canary. 22 are real processes, asked over HTTP; the " +
      "others are simulated by one other process (real Redis, sealed heartbeats and answers, inboxes read in groups of 100).",
    measure: measureRollCall,
  },
  {
    name: "bus",
    about: "From the control path into the inbox of a real agent and back: one sealed echo, one sealed answer.",
    measure: measureBus,
  },
  {
    name: "ack",
    about:
      "A signed slash command to the control service until its answer has arrived: `/fleet whoami`, `/fleet status`.",
    measure: measureAck,
  },
  {
    name: "scrape",
    about:
      "`/metrics` of the exporter to the last byte, warm: the 22 agents of the stack, then a process of its own before 1,000 " +
      "simulated agents, and before 10,000 with 1,000 topics.",
    measure: measureScrape,
  },
];

async function measureStart(stack: BenchStack): Promise<Figure[]> {
  const laterSeconds = await stack.startAgain();
  const status = await stack.statusLine();
  const gigabytes = Number(/([\d.]+) GB/.exec(status)?.[1]);
  const why = "the programs of 22 agents start at once on few cores";
  return [
    single({ what: "first start", value: stack.firstStartSeconds, limit: 45, unit: "s", why }),
    single({ what: "later start", value: laterSeconds, limit: 12, unit: "s", why }),
    single({
      what: `memory (${status.split(",")[0]})`,
      value: gigabytes,
      limit: 3.5,
      unit: "GB",
      why: "see the status",
    }),
  ];
}

async function measureRollCall(stack: BenchStack): Promise<Figure[]> {
  const real = { what: "22 real", samples: await rollCallOfStack(stack, 40), p50: 10, p99: 50, why: BUSY };
  return [
    timing(real),
    await rollCallOf(stack, { agents: 1000, times: 15, p50: 50 }),
    await rollCallOf(stack, { agents: 10_000, times: 5, p50: 250 }),
  ];
}

const SEALS =
  "each agent costs two questions and two answers, all sealed and opened in one thread on each side, and Redis hands " +
  "every message over by itself";

async function rollCallOfStack({ ports, secrets }: BenchStack, times: number): Promise<number[]> {
  const took: number[] = [];
  await repeat(times, async () => {
    const response = await fetch(`http://127.0.0.1:${ports.control}/api/v1/commands/roll-call`, {
      method: "POST",
      headers: { authorization: `Bearer ${secrets.apiTokens.operator}`, "content-type": "application/json" },
      body: JSON.stringify({ input: { who: ["all"] } }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`the roll call was refused: ${await response.text()}`);
    took.push(((await response.json()) as { data: { tookMs: number } }).data.tookMs);
  });
  return took;
}

/** Long enough that everybody answers, however slow: the time is the figure. */
const PATIENT = { echoMs: 20_000, firstCanaryMs: 20_000, canaryMs: 40_000 };

interface RollCallSize {
  readonly agents: number;
  readonly times: number;
  readonly p50: number;
}

async function rollCallOf(stack: BenchStack, { agents, times, p50 }: RollCallSize): Promise<Figure> {
  const place = { redisUrl: stack.redisUrl, fleetKey: stack.secrets.fleetKey, fleet: `bench-roll-${agents}` };
  const fleet = await startSimulatedFleet({ ...place, agents });
  const bus = openFleetBus({ url: stack.redisUrl, fleet: place.fleet, fleetKey: place.fleetKey });
  const samples: number[] = [];
  let incomplete = 0;
  try {
    const sight = sightOf(fleet.compiled, bus);
    await takeRoll(sight, fleet.compiled.agents, PATIENT);
    await repeat(times, async () => {
      const { agents: seen, tookMs } = await takeRoll(sight, fleet.compiled.agents, PATIENT);
      if (seen.every(({ judgement }) => (judgement.rung ?? 0) >= 4)) samples.push(tookMs);
      else incomplete += 1;
    });
  } finally {
    bus.close();
    await fleet.stop();
  }
  const figure = timing({ what: `${agents.toLocaleString("en-US")} simulated`, samples, p50, why: SEALS });
  if (incomplete === 0) return figure;
  const lost = `${incomplete} of ${times} roll calls ended early, because Redis was not heard for 3 s`;
  return { ...figure, missed: [lost, ...(figure.missed === null ? [] : [figure.missed])].join("; ") };
}

async function measureBus(stack: BenchStack): Promise<Figure[]> {
  const bus = openFleetBus({ url: stack.redisUrl, fleet: stack.fleet, fleetKey: stack.secrets.fleetKey });
  try {
    const agents = ["billing"];
    const samples: number[] = [];
    await repeat(220, async () => {
      const { took } = await askAgents(bus, { fleet: stack.fleet, kind: "echo", agents, epoch: null, timeoutMs: 5000 });
      const ms = took.get("billing");
      if (ms === undefined) throw new Error("billing did not answer an echo");
      samples.push(ms);
    });
    return [timing({ what: "echo of one agent", samples: samples.slice(20), p50: 1, p99: 5, why: BUSY })];
  } finally {
    bus.close();
  }
}

async function measureAck({ ports, secrets }: BenchStack): Promise<Figure[]> {
  const url = `http://127.0.0.1:${ports.control}/slack/events`;
  const figures: Figure[] = [];
  for (const text of ["whoami", "status"]) {
    const samples = await repeat(120, () => sendSigned(url, signCommand(text, secrets.slackSigningSecret)));
    figures.push(timing({ what: `/fleet ${text}`, samples: samples.slice(20), p99: 50, why: BUSY }));
  }
  return figures;
}

async function measureScrape(stack: BenchStack): Promise<Figure[]> {
  return [
    timing({
      what: "22 real agents",
      samples: await scrape(`http://127.0.0.1:${stack.ports.exporter}`, 100),
      why: BUSY,
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
    const why = "the page is made while the bus is read every second, on the same thread";
    const rss = {
      value: residentMb(exporter.pid),
      limit: 200,
      unit: "MB",
      why: "every agent's last heartbeat is kept",
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

async function startExporter(stack: BenchStack, fleet: string) {
  const port = await findFreePort();
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../exporter/src/main.ts")], {
    env: {
      PATH: process.env.PATH,
      REDIS_URL: stack.redisUrl,
      ROLLCALL_FLEET: fleet,
      ROLLCALL_FLEET_KEY: stack.secrets.fleetKey,
      ROLLCALL_EXPORTER_PORT: String(port),
      ROLLCALL_LOG_LEVEL: "error",
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
