import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { type CompiledFleet, compiledFleet } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import { addressesOf, type StackContext } from "./context.ts";
import { type RollCall, rollCall } from "./roll-call.ts";

const PUBLISHED_WITHIN_MS = 20_000;
const WORKING_WITHIN_MS = 90_000;

export interface FleetStart {
  readonly expected: number;
  /** Agents that are stopped on purpose, so nobody started them. */
  readonly off: number;
  readonly rollCall: RollCall;
}

/**
 * Starts every agent that should run, by the supervisor.
 * @param startId unique per start, so that each agent's start has an id of its own
 * @returns ids of the agents that should run now
 */
export async function startAgents(context: StackContext, startId: string): Promise<{ running: string[]; off: number }> {
  const supervisor = connectBuiltInSupervisor(context.layout.supervisorSocket);
  const fleet = await withRedis(context, (redis) => waitForFleet(redis, context));
  const ours = fleet.agents.filter((agent) => agent.runtime.kind === "process");
  const wanted = ours.filter((agent) => agent.desired.state !== "stopped").map((agent) => agent.id);
  await Promise.all(wanted.map((agent) => supervisor.start(agent, `${startId}:${agent}:start`)));
  return { running: wanted, off: ours.length - wanted.length };
}

/**
 * Starts the agents and waits until each of them has proven that it works.
 * @throws Error that names the agents that do not
 */
export async function startFleet(
  context: StackContext,
  { startId, update }: { startId: string; update: (detail: string) => void },
): Promise<FleetStart> {
  const { running, off } = await startAgents(context, startId);
  const deadline = Date.now() + WORKING_WITHIN_MS;
  await withRedis(context, async (redis) => {
    const since = await redisNow(redis);
    for (;;) {
      const beating = await countBeats(redis, { context, running, since });
      if (beating === running.length) return;
      if (Date.now() > deadline) throw new Error(`only ${beating} of ${running.length} agents sent a heartbeat`);
      update(`${beating} of ${running.length} agents beat`);
      await pause(200);
    }
  });
  for (;;) {
    update(`roll call of ${running.length}`);
    const result = await rollCall(context);
    const missing = running.filter((agent) => !result.working.includes(agent));
    if (missing.length === 0) return { expected: running.length, off, rollCall: result };
    if (Date.now() > deadline)
      throw new Error(
        `${running.length - missing.length} of ${running.length} agents work; not: ${missing.join(", ")}`,
      );
    await pause(500);
  }
}

async function waitForFleet(redis: Redis, { fleet }: StackContext): Promise<CompiledFleet> {
  const deadline = Date.now() + PUBLISHED_WITHIN_MS;
  for (;;) {
    const text = await redis.get(keysOf(fleet.fleet).fleet);
    if (text !== null) return compiledFleet.parse(JSON.parse(text));
    if (Date.now() > deadline) throw new Error("the control service has not published the fleet");
    await pause(100);
  }
}

async function redisNow(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

interface Beats {
  readonly context: StackContext;
  readonly running: readonly string[];
  readonly since: number;
}

async function countBeats(redis: Redis, { context, running, since }: Beats): Promise<number> {
  const fresh = await redis.zrangebyscore(keysOf(context.fleet.fleet).beats, since, "+inf");
  return running.filter((agent) => fresh.includes(agent)).length;
}

async function withRedis<T>(context: StackContext, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(addressesOf(context).redisUrl, { connectTimeout: 2_000, commandTimeout: 5_000 });
  redis.on("error", () => undefined); // The command that fails reports it.
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
