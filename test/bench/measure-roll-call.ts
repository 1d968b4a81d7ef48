import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { askAgents } from "@rollcall/core/ask-agents.ts";
import { type Roll, takeRoll } from "@rollcall/core/take-roll.ts";
import { Redis } from "ioredis";
import type { BenchStack } from "./bench-stack.ts";
import { durationText, type Figure, plain, repeat, timing } from "./figures.ts";
import { redisCpuMs } from "./own-redis.ts";
import { sightOf, startSimulatedFleet } from "./simulated-fleet.ts";

const WARM_UP = 10;

export async function measureRollCall(stack: BenchStack): Promise<Figure[]> {
  const limits = { p50: 10, p99: 50 };
  const why =
    "an answer to a broadcast costs each of the 22 processes about 0.4 ms of processor time (0.7 ms through its inbox), on cores " +
    "that the whole stack shares";
  const everybody = await rollCallsOfStack(stack, 100);
  return [
    timing({ what: "22 real, rung 3", samples: await echoesOfStack(stack, 100), ...limits, why }),
    timing({ what: "22 real, rungs 1 to 4", samples: everybody, why }),
    ...(await rollCallsOf(stack, { agents: 1000, times: 25, p50: 50 })),
    ...(await rollCallsOf(stack, { agents: 10_000, times: 10, p50: 250 })),
  ];
}

/** An echo of everybody, asked by one broadcast as a roll call is. */
async function echoesOfStack({ redisUrl, fleet, secrets }: BenchStack, times: number): Promise<number[]> {
  const bus = openFleetBus({ url: redisUrl, fleet, fleetKey: secrets.fleetKey });
  try {
    const agents = (await bus.readFleet())?.agents.map(({ id }) => id) ?? [];
    const samples = await repeat(times + WARM_UP, async () => {
      const question = {
        fleet,
        kind: "echo",
        agents,
        listeners: new Set(agents),
        epoch: null,
        timeoutMs: 5000,
      } as const;
      const { took } = await askAgents(bus, question);
      const missing = agents.filter((id) => !took.has(id));
      if (missing.length > 0) throw new Error(`no echo of ${missing.join(", ")}`);
    });
    return samples.slice(WARM_UP);
  } finally {
    bus.close();
  }
}

async function rollCallsOfStack({ ports, secrets }: BenchStack, times: number): Promise<number[]> {
  const took: number[] = [];
  await repeat(times + WARM_UP, async () => {
    const response = await fetch(`http://127.0.0.1:${ports.control}/api/v1/commands/roll-call`, {
      method: "POST",
      headers: { authorization: `Bearer ${secrets.apiTokens.operator}`, "content-type": "application/json" },
      body: JSON.stringify({ input: { who: ["all"] } }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`the roll call was refused: ${await response.text()}`);
    took.push(((await response.json()) as { data: { tookMs: number } }).data.tookMs);
  });
  return took.slice(WARM_UP);
}

/** Long enough that everybody answers, however slow: the time is the figure. */
const PATIENT = { echoMs: 20_000, firstCanaryMs: 20_000, canaryMs: 40_000 };

interface RollCallSize {
  readonly agents: number;
  readonly times: number;
  readonly p50: number;
}

async function rollCallsOf(stack: BenchStack, { agents, times, p50 }: RollCallSize): Promise<Figure[]> {
  const place = { redisUrl: stack.redisUrl, fleetKey: stack.secrets.fleetKey, fleet: `bench-roll-${agents}` };
  const fleet = await startSimulatedFleet({ ...place, agents });
  const bus = openFleetBus({ url: stack.redisUrl, fleet: place.fleet, fleetKey: place.fleetKey });
  const rolls: Roll[] = [];
  const call = () => takeRoll(sightOf(fleet.compiled, bus), fleet.compiled.agents, PATIENT);
  try {
    await repeat(3, call);
    const cost = await measureCost(stack.redisUrl, () => repeat(times, async () => rolls.push(await call())));
    return figuresOf(rolls, { agents, times, p50, cost });
  } finally {
    bus.close();
    await fleet.stop();
  }
}

interface Cost {
  readonly hereMs: number;
  readonly redisMs: number;
}

function figuresOf(rolls: readonly Roll[], { agents, times, p50, cost }: RollCallSize & { cost: Cost }): Figure[] {
  const complete = rolls.filter((roll) => roll.agents.every(({ judgement }) => (judgement.rung ?? 0) >= 4));
  const samples = complete.map(({ tookMs }) => tookMs);
  const what = `${agents.toLocaleString("en-US")} simulated, rungs 1 to 4`;
  const here = durationText(cost.hereMs / times);
  const inRedis = durationText(cost.redisMs / times);
  const why = `one call costs ${here} of processor time here and ${inRedis} in Redis, beside what the simulation of the agents costs`;
  const figure = timing({ what, samples, p50, why });
  const lost = `${times - complete.length} of ${times} roll calls did not hear everybody`;
  return [
    complete.length === times ? figure : { ...figure, missed: [lost, figure.missed].filter(Boolean).join("; ") },
    plain(
      `processor time of one of them`,
      `${here} in the control service, ${inRedis} in Redis, with what else that did meanwhile`,
    ),
  ];
}

/** Processor time of this process and of Redis while something is done: it says what the load of others hides. */
async function measureCost(redisUrl: string, work: () => Promise<unknown>): Promise<Cost> {
  const redis = new Redis(redisUrl);
  try {
    const [redisBefore, before] = [await redisCpuMs(redis), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(before);
    return { hereMs: (user + system) / 1000, redisMs: (await redisCpuMs(redis)) - redisBefore };
  } finally {
    redis.disconnect();
  }
}
