import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathsBelow } from "@rollcall/local/stack/layout.ts";
import { warmCompileCache } from "@rollcall/local/stack/warm-cache.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startPostgres } from "@rollcall/local/tools/postgres-server.ts";
import { startRedis } from "@rollcall/local/tools/redis-server.ts";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A real Redis; each test file uses a fleet name (key prefix) of its own. */
    redisUrl: string;
    /** A real PostgreSQL, database `postgres`; each test file makes a database of its own (`test/database.ts`). */
    postgresUrl: string;
    /** Where unpacked programs lie, for tests that start further servers. */
    toolsDir: string;
  }
}

/** One PostgreSQL and one Redis for all test files of a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const repository = join(import.meta.dirname, "..");
  const layout = pathsBelow(process.env.ROLLCALL_DATA_DIR ?? join(repository, ".rollcall"));
  const toolsDir = layout.tools;
  // Without it everything works, only slower.
  const warm = warmCompileCache({ layout }).catch(() => undefined);
  const scratch = await mkdtemp(join(tmpdir(), "rollcall-test-"));
  const [redis, postgres] = await Promise.all([
    findFreePort().then((port) =>
      startRedis({
        toolsDir,
        dataDir: join(scratch, "redis"),
        logFile: join(scratch, "redis.log"),
        port,
        password: "test",
      }),
    ),
    findFreePort().then((port) =>
      startPostgres({
        dataDir: join(scratch, "postgres"),
        logFile: join(scratch, "postgres.log"),
        port,
        password: "test",
        settings: { fsync: "off" },
      }),
    ),
  ]);
  project.provide("redisUrl", redis.url);
  project.provide("postgresUrl", postgres.url);
  project.provide("toolsDir", toolsDir);
  return async () => {
    await Promise.all([warm, redis.child.stop(), postgres.child.stop({ signal: "SIGINT" })]);
    await rm(scratch, { recursive: true, force: true });
  };
}
