import { join } from "node:path";
import { makeLogin } from "@rollcall/core/adapters/postgres/database-rights.ts";
import { MIGRATIONS_DIR, migrate, readMigrations } from "@rollcall/core/adapters/postgres/migrate.ts";
import { redisAclLines } from "@rollcall/core/adapters/redis/agent-access.ts";
import pg from "pg";
import type { Tool } from "../tools/find-tool.ts";
import { startPostgres } from "../tools/postgres-server.ts";
import { startRedis } from "../tools/redis-server.ts";
import { addressesOf, CONTROL_LOGIN, deriveDatabasePassword, markOf, type StackContext } from "./context.ts";
import type { Fetching } from "./fetch-tools.ts";
import { logFileOf } from "./programs.ts";
import type { Step, StepsOptions } from "./step.ts";

export function postgresStep(context: StackContext, { keeper }: StepsOptions): Step {
  const { layout, ports, secrets } = context;
  return {
    title: "PostgreSQL",
    async run(update) {
      update("embedded, getting ready");
      let version = "";
      await keeper.add({
        name: "PostgreSQL",
        port: ports.postgres,
        // Fast shutdown: SIGTERM would wait for clients to leave.
        stopSignal: "SIGINT",
        start: async () => {
          const running = await startPostgres({
            dataDir: join(layout.root, "postgres"),
            logFile: logFileOf(context, "PostgreSQL"),
            port: ports.postgres,
            password: secrets.postgresPassword,
            launch: { ownGroup: true, env: markOf(context) },
          });
          await createDatabase(running.url);
          version = running.version;
          return running.child;
        },
      });
      update("embedded, migrating");
      const ownerUrl = addressesOf(context).databaseUrl;
      await migrate({ url: ownerUrl });
      await makeLogin({ ownerUrl, login: CONTROL_LOGIN, password: deriveDatabasePassword(secrets) });
      const migrations = await readMigrations(MIGRATIONS_DIR);
      return {
        title: `PostgreSQL ${version.split(".")[0]}`,
        address: `127.0.0.1:${ports.postgres}`,
        detail: `embedded, ${migrations.length} migrations`,
      };
    },
  };
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = 'rollcall'");
    if (rowCount === 0) await client.query("create database rollcall");
  } finally {
    await client.end();
  }
}

export function redisStep(context: StackContext, { keeper, tools }: StepsOptions, fetching: Fetching): Step {
  const { layout, ports, secrets, fleet } = context;
  return {
    title: "Redis",
    async run(update) {
      let tool: Tool | undefined;
      update(fetching.describe());
      await fetching.tool("redis");
      await keeper.add({
        name: "Redis",
        port: ports.redis,
        start: async () => {
          const running = await startRedis({
            toolsDir: tools,
            dataDir: join(layout.root, "redis"),
            logFile: logFileOf(context, "Redis"),
            port: ports.redis,
            password: secrets.redisPassword,
            aclLines: redisAclLines(fleet, secrets.fleetKey),
            launch: { ownGroup: true, env: markOf(context) },
          });
          tool = running.tool;
          return running.child;
        },
      });
      return {
        title: `Redis ${tool?.version}`,
        address: `127.0.0.1:${ports.redis}`,
        detail: tool?.origin ?? "",
      };
    },
  };
}
