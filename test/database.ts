import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { controlLoginOf } from "./control-database.ts";

/**
 * A database of its own for one test file.
 * @returns its address, and a function that removes it
 */
export async function createTestDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const admin = inject("postgresUrl");
  await execute(admin, `create database ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      await execute(admin, `drop database ${name} with (force)`);
      await execute(admin, `drop role if exists ${controlLoginOf(name)}`);
    },
  };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
