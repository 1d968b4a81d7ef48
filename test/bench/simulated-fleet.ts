import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { FleetSight } from "@rollcall/core/observe-fleet.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import type { CompiledFleet, ExpectedAgent, Heartbeat } from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";

export interface SimulatedFleetOptions {
  readonly redisUrl: string;
  readonly fleetKey: string;
  /** Name of the fleet; nothing else may use it. */
  readonly fleet: string;
  readonly agents: number;
  /** Topics with a stream of three events each. */
  readonly topics?: number;
  /** What every heartbeat says otherwise than usual. */
  readonly says?: Partial<Pick<Heartbeat, "version" | "host">>;
}

interface Drills {
  readonly effects: number;
  readonly deliveries: number;
  readonly agents: number;
}

/** What the process says: that an order took effect, or the sums of all. */
interface Said extends Partial<Drills> {
  readonly acted?: string;
  readonly at?: number;
}

/** Many agents of which another process makes the heartbeats and answers. */
export interface SimulatedFleet {
  readonly compiled: CompiledFleet;
  /** Drills that took effect so far, how often they were delivered, and at how many agents. */
  drills(): Promise<Drills>;
  /** When the first order takes effect at the agent, ms since the epoch with fractions. */
  acted(agent: string): Promise<number>;
  /** Ends the process and removes the fleet's keys. */
  stop(): Promise<void>;
}

export const simulatedId = (index: number): string => `sim-${String(index + 1).padStart(5, "0")}`;

/** Starts the process and waits until every agent has beaten once. */
export async function startSimulatedFleet(options: SimulatedFleetOptions): Promise<SimulatedFleet> {
  const { redisUrl, fleetKey, fleet } = options;
  const compiled = compile(options);
  const redis = new Redis(redisUrl);
  redis.on("error", () => undefined);
  await publish(redis, compiled);
  const child = fork(join(import.meta.dirname, "simulated-agents.ts"), {
    env: {
      PATH: process.env.PATH,
      REDIS_URL: redisUrl,
      ROLLCALL_FLEET: fleet,
      ROLLCALL_FLEET_KEY: fleetKey,
      AGENTS: String(options.agents),
      SAYS: JSON.stringify(options.says ?? {}),
    },
  });
  const ended = once(child, "exit");
  const first = await Promise.race([once(child, "message"), ended]);
  if (first[0] !== "ready") {
    redis.disconnect();
    throw new Error(`the simulated agents ended: ${first.join(" ")}`);
  }
  return {
    compiled,
    async drills() {
      const answer = hear(child, (said) => (said.effects === undefined ? undefined : (said as Drills)));
      child.send("drills");
      return answer;
    },
    acted: (agent) => hear(child, (said) => (said.acted === agent ? said.at : undefined)),
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await removeKeys(redis, fleet);
      redis.disconnect();
    },
  };
}

const PATIENCE_MS = 30_000;

/** Resolves with the first thing that the process says and that is wanted. */
function hear<Wanted>(child: ChildProcess, wanted: (said: Said) => Wanted | undefined): Promise<Wanted> {
  const { promise, resolve, reject } = Promise.withResolvers<Wanted>();
  const listen = (said: Said): void => {
    const found = wanted(said);
    if (found !== undefined) resolve(found);
  };
  child.on("message", listen);
  const late = () =>
    reject(new Error(`the simulated agents have not said within ${PATIENCE_MS / 1000} s what they should`));
  const timer = setTimeout(late, PATIENCE_MS);
  return promise.finally(() => {
    clearTimeout(timer);
    child.off("message", listen);
  });
}

async function publish(redis: Redis, compiled: CompiledFleet): Promise<void> {
  const keys = keysOf(compiled.fleet);
  const pipeline = redis.pipeline().set(keys.fleet, JSON.stringify(compiled)).set(keys.canaryRound, Date.now());
  for (const topic of compiled.topics) {
    for (let event = 0; event < 3; event += 1) pipeline.xadd(keys.topic(topic), "*", "e", "{}");
    pipeline.xgroup("CREATE", keys.topic(topic), simulatedId(0), "0");
  }
  await pipeline.exec();
}

async function removeKeys(redis: Redis, fleet: string): Promise<void> {
  for await (const found of redis.scanStream({ match: `rc:*${fleet}*`, count: 5000 }))
    if ((found as string[]).length > 0) await redis.unlink(...(found as string[]));
}

function compile({ fleet, agents, topics = 0 }: SimulatedFleetOptions): CompiledFleet {
  const named = Array.from({ length: topics }, (_, index) => `bench.topic-${index + 1}`);
  const expected = Array.from({ length: agents }, (_, index) => expectSimulated(simulatedId(index)));
  return { v: 1, fleet, version: 1, at: Date.now(), agents: expected, topics: named };
}

export const expectSimulated = (id: string): ExpectedAgent => ({
  ...{ id, group: "simulated", parent: null, does: "answers", labels: {}, criticality: "P2", owner: "bench" },
  ...{ runbook: null, consequence: "nobody notices", normalSeconds: 2, consumes: [], publishes: [] },
  ...{ runtime: { kind: "process", name: id } },
  desired: { state: "running", by: null, since: null, reason: null },
});

/** What a roll call of the simulated fleet needs; their one process counts as all of theirs. */
export function sightOf(compiled: CompiledFleet, bus: FleetSight["bus"]): FleetSight {
  const list = compiled.agents.map(({ id }) => ({
    ...{ agent: id, state: "running" as const, pid: 1, startedAt: compiled.at, exit: null, lastErrors: [] },
  }));
  const never = () => Promise.reject(new Error("the bench starts and ends nobody"));
  return {
    bus,
    registry: { expected: async () => compiled },
    supervisor: { list: async () => list, inspect: never, start: never, kill: never },
    clock: { now: Date.now },
  };
}
