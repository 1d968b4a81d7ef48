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
