import { prepareForControl } from "@rollcall/test/control-database.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogLine } from "../../domain/log-line.ts";
import { createLogStore } from "./log-store.ts";
import { createPool, type Pool } from "./pool.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  await prepareForControl(database.url);
  pool = createPool({ url: database.url, name: "test" });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const waitingWriters = async (): Promise<number> => {
  const { rows } = await pool.query(
    "select count(*)::int as waiting from pg_locks where not granted and relation = 'log_lines_default'::regclass",
  );
  return rows[0].waiting;
};

test("lines that come while their day is being made are kept when it is there, once", async () => {
  const logs = createLogStore(pool);
  const line: LogLine = {
    ...{ source: "billing", kind: "agent", at: Date.now(), level: "info", text: "at the turn of the day" },
    ...{ trace: null, run: null, operation: null, fields: {} },
  };
  const making = await pool.connect();
  let kept: Promise<boolean> | null = null;
  try {
    await making.query("begin");
    await making.query("select log_days(7)");
    kept = logs.keep({ source: "test", before: null, after: "1", lines: [line] });
    await expect.poll(waitingWriters).toBe(1);
    await making.query("commit");
  } finally {
    making.release();
  }
  expect(await kept).toBe(true);
  expect((await logs.search({}, { limit: 10 })).map(({ text }) => text)).toEqual(["at the turn of the day"]);
});
