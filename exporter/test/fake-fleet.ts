import type { AgentFigures } from "@rollcall/core/protocol/figures.ts";
import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey, seal } from "@rollcall/core/protocol/seal.ts";
import {
  type CompiledFleet,
  type ExpectedAgent,
  type Heartbeat,
  LATENCY_BUCKETS_SECONDS,
  type TaskTotals,
} from "@rollcall/core/protocol.ts";
import { Redis } from "ioredis";

export const FLEET_KEY = "a fleet key for tests, at least 32 characters";

/** An expected agent that works on nothing, but for what is said. */
export const expectAgent = (id: string, changes: Partial<ExpectedAgent> = {}): ExpectedAgent => ({
  id,
  group: "orders",
  parent: null,
  does: "something",
  labels: {},
  criticality: "P1",
  owner: "payments",
  runbook: null,
  consequence: "nobody notices",
  normalSeconds: 2,
  consumes: [],
  publishes: [],
  runtime: { kind: "process", name: id },
  desired: { state: "running", by: null, since: null, reason: null },
  ...changes,
});

export const compileFleet = (fleet: string, changes: Partial<CompiledFleet> = {}): CompiledFleet => ({
  v: 1,
  fleet,
  version: 1,
  at: 0,
  agents: [],
  topics: [],
  ...changes,
});

/** Totals of one topic in which every item took `bucket`. */
export const totals = (done: number, { failed = 0, bucket = 3, sum = done / 100 } = {}): TaskTotals => ({
  done,
  failed,
  latency: [...LATENCY_BUCKETS_SECONDS, Number.POSITIVE_INFINITY].map((_, index) =>
    index === bucket ? done + failed : 0,
  ),
  latencySumSeconds: sum,
});

/** The heartbeat of an agent that works, made at `now`. */
export const beatOf = (agent: string, now: number, changes: Partial<Heartbeat> = {}): Heartbeat => ({
  v: 1,
  agent,
  epoch: 1,
  counter: 1,
  at: now,
  clockSkewMs: 0,
  startedAt: now - 600_000,
  startedBy: null,
  version: "1.0.0",
  activity: "idle",
  inFlight: 0,
  oldestInFlightAt: null,
  inboxReadAt: now,
  canary: { handledAt: now, tookMs: 1, waitingSince: null },
  tasks: {},
  cpuSeconds: 1,
  rssBytes: 1,
  eventLoopDelaySeconds: 0,
  host: "host",
  runtime: { kind: "process", name: agent },
  publishes: [],
  consumes: [],
  ...changes,
});

/** What an agent measures of itself: nothing, but for what is said. */
export const figuresOf = (changes: Partial<AgentFigures> = {}): AgentFigures => ({
  ...{ stages: {}, busySeconds: 0, deliveries: 0, redeliveries: 0, calls: {} },
  ...changes,
});

/** Writes to the bus what agents and the control service would write. */
export class FakeFleet {
  readonly redis: Redis;
  readonly keys: ReturnType<typeof keysOf>;
  readonly #fleet: string;
  #counter = 0;

  constructor(url: string, fleet: string) {
    this.#fleet = fleet;
    this.keys = keysOf(fleet);
    this.redis = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    this.redis.on("error", () => undefined); // Tests take Redis away.
  }

  async now(): Promise<number> {
    const [seconds, micros] = await this.redis.time();
    return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  async publish(changes: Partial<CompiledFleet>): Promise<void> {
    await this.redis.set(this.keys.fleet, JSON.stringify(compileFleet(this.#fleet, changes)));
    await this.redis.set(this.keys.canaryRound, await this.now());
  }

  /** A beat that is newer than every beat before. */
  async beat(agent: string, changes: Partial<Heartbeat> = {}): Promise<void> {
    const now = await this.now();
    this.#counter += 1;
    await this.write(agent, beatOf(agent, now, { counter: this.#counter, ...changes }));
  }

  async write(agent: string, beat: Heartbeat, key = deriveAgentKey(FLEET_KEY, agent)): Promise<void> {
    await this.redis
      .pipeline()
      .zadd(this.keys.beats, beat.at, agent)
      .hset(this.keys.presence, agent, seal(key, beat))
      .exec();
  }

  async clear(): Promise<void> {
    const found = await this.redis.keys(`rc:*${this.#fleet}*`);
    if (found.length > 0) await this.redis.del(...found);
  }

  close(): void {
    this.redis.disconnect();
  }
}

/** What a scrape showed: by series, as written but with the labels in alphabetical order. */
export class Scrape {
  readonly text: string;
  readonly #values = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
    for (const line of text.split("\n")) {
      const match = /^([a-z_]+)(?:\{(.*)\})? +(\S+)$/.exec(line);
      if (match === null || line.startsWith("#")) continue;
      const labels = [...(match[2] ?? "").matchAll(/[a-z_]+="[^"]*"/g)].map(([label]) => label).toSorted();
      const series = labels.length === 0 ? match[1] : `${match[1]}{${labels.join(",")}}`;
      this.#values.set(series as string, Number((match[3] as string).replace("Inf", "Infinity")));
    }
  }

  /** Value of the one series of the name whose labels include all of these; undefined if it is absent. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.series(name, labels);
    return found.length === 1 ? this.#values.get(found[0] as string) : undefined;
  }

  series(name: string, labels: Readonly<Record<string, string>> = {}): string[] {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return [...this.#values.keys()].filter(
      (series) => series.replace(/\{.*/, "") === name && wanted.every((part) => series.includes(part)),
    );
  }
}

/** @throws Error if the answer is not 200, or takes longer than `timeoutMs` */
export async function scrape(url: string, timeoutMs = 5000): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(timeoutMs) });
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return new Scrape(await response.text());
}
