import { createPool } from "@rollcall/core/adapters/postgres/pool.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { run } from "./migrate.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let out: string[];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  out = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
});
afterEach(() => void vi.restoreAllMocks());

const password = "a password for this test";
// As the test database calls it, so that it is removed with it.
const loginOf = () => `control_${new URL(database.url).pathname.slice(1)}`;

describe("npm run migrate", () => {
  test("makes the schema and a login that cannot change the audit log, and may be run again with another password", async () => {
    const environment = {
      DATABASE_OWNER_URL: database.url,
      ROLLCALL_DATABASE_LOGIN: loginOf(),
      ROLLCALL_DATABASE_PASSWORD: password,
    };
    expect(await run([], environment)).toBe(0);
    expect(out).toEqual([expect.stringContaining("0001-audit-log.sql"), expect.stringContaining(loginOf())]);
    expect(await run([], { ...environment, ROLLCALL_DATABASE_PASSWORD: `${password}: 'ö/@` })).toBe(0);
    expect(out[2]).toBe("The schema is up to date.");
    const address = new URL(database.url);
    address.username = loginOf();
    address.password = encodeURIComponent(`${password}: 'ö/@`);
    const pool = createPool({ url: address.href, name: "test" });
    await expect(pool.query("delete from audit_log")).rejects.toMatchObject({ code: "42501" });
    await pool.end();
  });

  test("says in words what is wrong, and no password", async () => {
    await expect(run([], {})).rejects.toThrow(/DATABASE_OWNER_URL: an address postgres/);
    const short = { DATABASE_OWNER_URL: database.url, ROLLCALL_DATABASE_PASSWORD: "short" };
    await expect(run([], short)).rejects.toThrow("ROLLCALL_DATABASE_PASSWORD: at least 16 characters");
    const away = "postgres://nobody:hunter2@127.0.0.1:9/none";
    const refusal = await run([], { DATABASE_OWNER_URL: away }).catch((error: Error) => error.message);
    expect(refusal).toBe("PostgreSQL does not answer");
  });
});
