import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import type { Redis } from "ioredis";

/** Where programs that an earlier start unpacked lie. */
export const TOOLS_DIR = join(process.env.ROLLCALL_DATA_DIR ?? join(import.meta.dirname, "../../.rollcall"), "tools");

/** A Redis that nothing else uses, so that its processor time is that of what is measured. */
export async function withOwnRedis<Result>(measure: (redis: RunningRedis) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "rollcall-bench-redis-"));
  const redis = await startRedis({
    ...{ toolsDir: TOOLS_DIR, dataDir: join(folder, "data"), logFile: join(folder, "log") },
    ...{ port: await findFreePort(), password: "bench" },
  });
  try {
    return await measure(redis);
  } finally {
    await redis.child.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Processor time that Redis has used, ms. */
export async function redisCpuMs(redis: Redis): Promise<number> {
  const info = await redis.info("cpu");
  const seconds = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1]);
  return (seconds("used_cpu_sys") + seconds("used_cpu_user")) * 1000;
}
