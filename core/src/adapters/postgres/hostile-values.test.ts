import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import { createAccessOverrides } from "./access-overrides.ts";
import { createAuditLog } from "./audit-log.ts";
import { migrate } from "./migrate.ts";
import { createPool, type Pool } from "./pool.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate({ url: database.url });
  pool = createPool({ url: database.url, name: "hostile", onProblem: () => undefined });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const HOSTILE = [
  "' or '1'='1",
  "'; drop table audit_log; --",
  "'); delete from access_overrides; --",
  "1; select pg_sleep(5)",
  "\\'; truncate operations; --",
  "$1",
  "%",
  "_",
  "x' union select body, body from audit_log --",
  "{}'::jsonb; --",
];

describe("a text in a statement", () => {
  test.each(HOSTILE)("%j as any value finds nothing, changes nothing, and is kept as it is", async (text) => {
    const log = createAuditLog(pool);
    const entry = (actor: string, reason: string) =>
      auditEntry({
        event: "decision",
        actor,
        door: "http",
        command: "restart",
        targets: [reason],
        rule: null,
        reason,
        requestId: reason,
      });
    await log.append({ ...entry("olga", "plain"), operationId: null });
    for (const filter of [{ actor: text }, { target: text }, { operationId: text }])
      expect(await log.search({ limit: 10, ...filter })).toEqual([]);
    const overrides = createAccessOverrides(pool);
    await overrides.block(
      { person: text, reason: text, by: text, until: null },
      { ...entry(text, text), operationId: null },
    );
    expect((await overrides.open()).blocks.map(({ person, reason, by }) => [person, reason, by])).toContainEqual([
      text,
      text,
      text,
    ]);
    expect((await log.search({ limit: 10, actor: text })).map(({ reason, targets }) => [reason, targets])).toEqual([
      [text, [text]],
    ]);
    expect(await log.verify()).toMatchObject({ unbroken: true });
  });
});
