import { hostname } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Keys } from "@rollcall/core/protocol/keys.ts";
import { seal } from "@rollcall/core/protocol/seal.ts";
import { type Heartbeat, PROTOCOL_MINOR, PROTOCOL_VERSION } from "@rollcall/core/protocol.ts";
import type { Redis } from "ioredis";
import { type BusClock, parseTime } from "./clock.ts";
import type { AgentConfig } from "./config.ts";
import type { Fence } from "./epoch.ts";
import type { Figures } from "./metrics/figures.ts";
import type { TaskMeters } from "./metrics/latency.ts";
import { pause } from "./persist.ts";
import type { WorkQueue } from "./work-queue.ts";

const BEAT_MS = 5000;
/** Beats of a fleet that was started together drift apart. */
const JITTER = 0.1;
const DELAY_RESOLUTION_MS = 20;

export interface PresenceParts {
  readonly control: Redis;
  readonly keys: Keys;
  readonly config: AgentConfig;
  readonly epoch: number;
  readonly clock: BusClock;
  readonly fence: Fence;
  readonly queue: WorkQueue;
  readonly meters: TaskMeters;
  readonly figures: Figures;
  readonly declared: Pick<Heartbeat, "consumes" | "publishes" | "runs" | "health">;
  readonly runtime: Heartbeat["runtime"];
  readonly signal: AbortSignal;
  inboxReadAt(): number;
  /** undefined: it does not listen to broadcasts. */
  broadcastReadAt(): number | undefined;
  /** The beat as drills let it be seen. */
  disguise(beat: Heartbeat): Record<string, unknown> & { readonly at: number };
  /** What it says that it does; null lets the work loop say. */
  stage(): "starting" | "paused" | "stopping" | null;
  /** Items that were taken and are not finished; undefined once it ends. */
  held(): number | undefined;
}

/** Tells the fleet that this agent is there, and how it is. */
export interface Presence {
  /** One beat now. @throws if Redis does not take it */
  beat(): Promise<void>;
  /** Beats until the signal aborts; calls back if a newer process has the agent's id. */
  run(onFenced: () => void): Promise<void>;
}

export function createPresence(parts: PresenceParts): Presence {
  const { control, keys, config, fence, signal } = parts;
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  const startedAt = parts.clock.now();
  let counter = 0;
  const beat = async () => {
    await learnTime(control, parts.clock);
    counter += 1;
    const now = parts.clock.now();
    const body = parts.disguise(describe(parts, { counter, now, startedAt, delaySeconds: takeDelay(delay) }));
    const answers = await control
      .pipeline()
      .zadd(keys.beats, body.at, config.agent)
      .hset(keys.presence, config.agent, seal(config.key, body))
      .exec();
    const failed = answers?.find(([error]) => error !== null)?.[0];
    if (failed) throw failed;
  };
  return {
    beat,
    async run(onFenced) {
      // Whether it works is news that does not wait for the next beat; once, for the first canary of its life.
      let proof: Promise<void> | null = parts.queue.firstCanary.then(() => {
        proof = null;
      });
      while (!signal.aborted) {
        try {
          // A process that was frozen must not write over the beat of the one that took its place.
          if (!(await fence.holds(0))) return onFenced();
          await beat();
          const next = pause(BEAT_MS * (1 - JITTER + 2 * JITTER * Math.random()), signal);
          await (proof === null ? next : Promise.race([next, proof]));
        } catch {
          await pause(250, signal); // Redis is away; the connection has said so.
        }
      }
    },
  };
}

async function learnTime(control: Redis, clock: BusClock): Promise<void> {
  const askedAt = performance.now();
  clock.learn(parseTime(await control.time()), askedAt, performance.now());
}

/** The 99th percentile since the last beat, without the monitor's own timer. */
function takeDelay(delay: ReturnType<typeof monitorEventLoopDelay>): number {
  const seconds = delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - DELAY_RESOLUTION_MS) / 1000;
  delay.reset();
  return seconds;
}

interface Moment {
  readonly counter: number;
  readonly now: number;
  readonly startedAt: number;
  readonly delaySeconds: number;
}

function describe(parts: PresenceParts, moment: Moment): Heartbeat {
  const { config, queue, clock } = parts;
  const { inFlight, oldestInFlightAt, busySeconds, canary } = queue.state();
  const cpu = process.cpuUsage();
  return {
    v: PROTOCOL_VERSION,
    minor: PROTOCOL_MINOR,
    agent: config.agent,
    epoch: parts.epoch,
    counter: moment.counter,
    at: moment.now,
    clockSkewMs: clock.skewMs(),
    startedAt: moment.startedAt,
    startedBy: config.startedBy,
    version: config.version,
    activity: parts.stage() ?? (inFlight > 0 ? "processing" : "idle"),
    inFlight,
    oldestInFlightAt,
    inboxReadAt: parts.inboxReadAt(),
    broadcastReadAt: parts.broadcastReadAt(),
    canary,
    tasks: parts.meters.totals(),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    rssBytes: process.memoryUsage.rss(),
    eventLoopDelaySeconds: moment.delaySeconds,
    figures: parts.figures.take(moment.now, busySeconds),
    host: hostname().slice(0, 255),
    pid: process.pid,
    runtime: parts.runtime,
    ...parts.declared,
    held: parts.held(),
  };
}
