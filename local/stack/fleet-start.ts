import { connectBuiltInSupervisor } from "@rollcall/core/adapters/supervisors/built-in.ts";
import { isFailure } from "@rollcall/core/domain/failure.ts";
import { isForeign } from "@rollcall/core/domain/foreign-verdict.ts";
import { commandedAgents } from "@rollcall/core/fleet-file.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { type CompiledFleet, compiledFleet, type ExpectedAgent } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";
import { addressesOf, type StackContext } from "./context.ts";
import { type RollCall, rollCall } from "./roll-call.ts";

const PUBLISHED_WITHIN_MS = 20_000;
const ANSWERED_WITHIN_MS = 60_000;
const WORKING_WITHIN_MS = 90_000;
// Most agents work at the first look. Later looks are rarer: one person may call the whole fleet 20 times in a minute here.
const FIRST_LOOK_MS = 300;
const RAREST_LOOK_MS = 4_800;

export interface FleetStart {
  readonly expected: number;
  /** Agents that run and hold on purpose. */
  readonly paused: number;
  /** Agents that are stopped on purpose, so nobody started them. */
  readonly off: number;
  /** The agent that took longest to come up; null if there is none to start. */
  readonly slowest: string | null;
  readonly rollCallSeconds: number;
}

/** Where a fleet is reached. */
export interface FleetPlace {
  readonly supervisorSocket: string;
  readonly redisUrl: string;
  /** Name of the fleet. */
  readonly fleet: string;
  /** Agents that declare a command: those are started even if they do not speak the protocol. */
  readonly commanded?: readonly string[];
}

export const placeOf = (context: StackContext): FleetPlace => ({
  supervisorSocket: context.layout.supervisorSocket,
  redisUrl: addressesOf(context).redisUrl,
  fleet: context.fleet.fleet,
  commanded: commandedAgents(context.fleet),
});

/**
 * Starts every agent that should run, by the supervisor.
 * @param startId unique per start, so that each agent's start has an id of its own
 * @returns ids of the agents that should run now and will say so
 */
export async function startAgents(place: FleetPlace, startId: string): Promise<{ running: string[]; off: number }> {
  const supervisor = connectBuiltInSupervisor(place.supervisorSocket);
  // It listens only when the agents of its predecessor are gone.
  await untilAnswered(() => supervisor.list());
  const fleet = await withRedis(place.redisUrl, (redis) => waitForFleet(redis, place.fleet));
  const isOurs = (agent: ExpectedAgent) => !isForeign(agent) || place.commanded?.includes(agent.id);
  const ours = fleet.agents.filter((agent) => agent.runtime.kind === "process" && isOurs(agent));
  const wanted = ours.filter((agent) => agent.desired.state !== "stopped");
  // Many processes at once on a busy machine take longer than one call may; the id makes a repeated start the same one.
  const start = ({ id }: ExpectedAgent) => untilAnswered(() => supervisor.start(id, `${startId}:${id}:start`));
  await Promise.all(wanted.map(start));
  const running = wanted.filter((agent) => !isForeign(agent)).map(({ id }) => id);
  return { running, off: ours.length - wanted.length };
}

/**
 * Starts the agents and waits until each of them has proven that it works.
 * @throws Error that names the agents that do not
 */
export async function startFleet(
  context: StackContext,
  { startId, update }: { startId: string; update: (detail: string) => void },
): Promise<FleetStart> {
  const place = placeOf(context);
  // Beats of the run before may be seconds old; only later ones count.
  const since = await withRedis(place.redisUrl, redisNow);
  const { running, off } = await startAgents(place, startId);
  const deadline = Date.now() + WORKING_WITHIN_MS;
  const slowest = await waitForBeats(context, { running, since, deadline, update });
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(2 * wait, RAREST_LOOK_MS)) {
    const roll = await rollCall(context);
    const { working, paused, isUp } = countUp(running, roll);
    if (isUp) return { expected: running.length, paused, off, slowest, rollCallSeconds: roll.seconds };
    if (Date.now() > deadline) throw new Error(`${working} of ${running.length} agents work; ${roll.sick.join(", ")}`);
    update(`${working} of ${running.length} working`);
    await pause(wait);
  }
}

/** Whether everyone who was started does as wanted. Who was paused before a stop is paused after it, and need not work. */
export function countUp(running: readonly string[], roll: Pick<RollCall, "working" | "paused">) {
  const working = running.filter((agent) => roll.working.includes(agent)).length;
  const paused = running.filter((agent) => roll.paused.includes(agent)).length;
  return { working, paused, isUp: working + paused === running.length };
}

interface Waiting {
  readonly running: readonly string[];
  /** Redis time in ms. */
  readonly since: number;
  readonly deadline: number;
  readonly update: (detail: string) => void;
}

/** @returns the agent whose first heartbeat came last */
function waitForBeats(context: StackContext, { running, since, deadline, update }: Waiting): Promise<string | null> {
  return withRedis(addressesOf(context).redisUrl, async (redis) => {
    let missing = [...running];
    let slowest: string | null = null;
    for (;;) {
      const fresh = await redis.zrangebyscore(keysOf(context.fleet.fleet).beats, since, "+inf");
      slowest = missing.findLast((agent) => fresh.includes(agent)) ?? slowest;
      missing = missing.filter((agent) => !fresh.includes(agent));
      if (missing.length === 0) return slowest;
      if (Date.now() > deadline) throw new Error(`no heartbeat from ${missing.join(", ")}`);
      update(`${running.length - missing.length} of ${running.length} started`);
      await pause(100);
    }
  });
}

/** Repeats what may be repeated while the supervisor is not there, or too busy to answer in time. */
async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + ANSWERED_WITHIN_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(isFailure(error) && error.code === "unavailable") || Date.now() > deadline) throw error;
      await pause(100);
    }
  }
}

async function waitForFleet(redis: Redis, fleet: string): Promise<CompiledFleet> {
  const deadline = Date.now() + PUBLISHED_WITHIN_MS;
  for (;;) {
    const text = await redis.get(keysOf(fleet).fleet);
    if (text !== null) return compiledFleet.parse(JSON.parse(text));
    if (Date.now() > deadline) throw new Error("the control service has not published the fleet");
    await pause(100);
  }
}

async function redisNow(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

async function withRedis<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { connectTimeout: 2_000, commandTimeout: 5_000 });
  redis.on("error", () => undefined); // The command that fails reports it.
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
