import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { Redis } from "ioredis";
import pg from "pg";

/** "2 cores (model), 7.8 GB of memory, Node 24.1.0" */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const gigabytes = (totalmem() / 1e9).toFixed(1);
  return `${availableParallelism()} cores (${model}), ${gigabytes} GB of memory, Node ${process.versions.node}`;
}

/** Load of the last minute: above the number of cores, the figures are those of a busy machine. */
export const describeLoad = (): string => `load ${(loadavg()[0] ?? 0).toFixed(1)}`;

const LOOK_MS = 2000;
/** Of the processor time of all cores; a fleet of 22 that works takes a fifth. */
const REST_SHARE = 0.6;

/** Waits until what a start or a bench before has left to do is done, or for so long. @param ms at most */
export async function untilAtRest(ms = 60_000): Promise<void> {
  const until = performance.now() + ms;
  let before = processorTimes();
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = processorTimes();
    if ((now.idle - before.idle) / (now.all - before.all) > REST_SHARE) return;
    before = now;
  }
}

function processorTimes(): { idle: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((time) => Object.values(time))) };
}

const ADDITIONS = 1e8;
const PINGS = 200;

/**
 * "10^8 additions in 84 ms, PING to Redis and back p50 0.06 ms": what the machine could do just then. The first says how
 * fast it computes, the second how fast one process wakes up another, which is most of what is waited for.
 */
export async function describeSpeed(redisUrl: string): Promise<string> {
  const begun = performance.now();
  let sum = 0;
  for (let index = 0; index < ADDITIONS; index += 1) sum += index;
  const computing = performance.now() - begun;
  const redis = new Redis(redisUrl);
  redis.on("error", () => undefined);
  try {
    const waits: number[] = [];
    for (let ping = 0; ping < PINGS; ping += 1) {
      const asked = performance.now();
      await redis.ping(String(sum));
      waits.push(performance.now() - asked);
    }
    const median = waits.toSorted((a, b) => a - b)[PINGS / 2] ?? Number.NaN;
    return `10^8 additions in ${computing.toFixed(0)} ms, PING to Redis and back p50 ${median.toFixed(2)} ms`;
  } finally {
    redis.disconnect();
  }
}

/** "Redis 7.0.15, PostgreSQL 15.18" */
export async function describeServers(urls: { redis: string; database: string }): Promise<string> {
  const redis = new Redis(urls.redis);
  const database = new pg.Client({ connectionString: urls.database });
  try {
    const info = await redis.info("server");
    await database.connect();
    const { rows } = await database.query<{ server_version: string }>("show server_version");
    return `Redis ${/redis_version:(\S+)/.exec(info)?.[1]}, PostgreSQL ${rows[0]?.server_version.split(" ")[0]}`;
  } finally {
    redis.disconnect();
    await database.end();
  }
}

/** Memory that a process holds, in MB (10^6 bytes). */
export function residentMb(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kibibytes) * 1024) / 1e6;
}
