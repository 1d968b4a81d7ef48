import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareForControl } from "@rollcall/test/control-database.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import { createAuditLog } from "./audit-log.ts";
import { checkProtection } from "./audit-protection.ts";
import { MIGRATIONS_DIR, migrate } from "./migrate.ts";
import { createPool, inTransaction, type Pool } from "./pool.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
/** As the control service, and as the owner of the tables (a superuser, as in the local stack). */
let control: Pool;
let owner: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  control = createPool({ url: await prepareForControl(database.url), name: "test" });
  owner = createPool({ url: database.url, name: "test" });
  await createAuditLog(control).append(auditEntry({ event: "lifecycle", actor: "rollcall", door: "host" }));
});
afterAll(async () => {
  await Promise.all([control.end(), owner.end()]);
  await database.drop();
});

/** Undone whatever happens: a look in the same transaction sees what the statements did. */
async function after(statements: readonly string[], look: (client: pg.PoolClient) => Promise<string[]>) {
  let problems: string[] = [];
  await inTransaction(owner, async (client) => {
    for (const statement of statements) await client.query(statement);
    problems = await look(client);
    throw new Error("undo");
  }).catch((error: Error) => {
    if (error.message !== "undo") throw error;
  });
  return problems;
}

describe("the role of the control service", () => {
  test.each([
    ["update audit_log set body = '{}'"],
    ["delete from audit_log"],
    ["truncate audit_log"],
    ["insert into audit_log (seq, at, body, prev, hash) values (9, now(), '{}', '', '')"],
    ["update audit_head set seq = seq + 1"],
    ["delete from audit_head"],
    ["truncate audit_head"],
    ["alter table audit_log disable trigger all"],
    ["alter table audit_log add column more text"],
    ["drop trigger audit_log_append_only on audit_log"],
    ["drop table audit_log"],
    ["create or replace function audit_refuse_change() returns trigger language plpgsql as 'begin return new; end'"],
    ["set session_replication_role = replica"],
    ["update migrations set checksum = ''"],
    ["create table mine (id integer)"],
  ])("may not: %s", async (statement) => {
    await expect(control.query(statement)).rejects.toMatchObject({ code: "42501" });
    expect(await createAuditLog(control).verify()).toMatchObject({ rows: 1, unbroken: true });
  });

  test("appends, reads and verifies", async () => {
    const log = createAuditLog(control);
    expect(await log.search({ limit: 1 })).toMatchObject([{ seq: 1, event: "lifecycle" }]);
  });

  test.each([["{}"], ['{"event":"decision","door":"http"}'], ['{"event":"","actor":"a","door":"http"}']])(
    "cannot append a row that does not say what happened, who did it and where: %s",
    async (body) => {
      await expect(control.query("select audit_append($1)", [body])).rejects.toMatchObject({ code: "23514" });
    },
  );

  test("starts with a schema that is up to date, and waits for the owner with one that is not", async () => {
    const url = `${control.options.connectionString}`;
    expect(await migrate({ url })).toEqual([]);
    const directory = await mkdtemp(join(tmpdir(), "rollcall-migrations-"));
    await cp(MIGRATIONS_DIR, directory, { recursive: true });
    await writeFile(
      join(directory, "0999-newer.sql"),
      "-- Because a newer version needs it.\ncreate table newer ();\n",
    );
    await expect(migrate({ url, directory })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("npm run migrate as its owner"),
    });
    expect(await migrate({ url: database.url, directory })).toEqual(["0999-newer.sql"]);
    expect(await migrate({ url, directory })).toEqual([]);
    expect((await control.query("select 1 from newer")).rows).toEqual([]);
    await rm(directory, { recursive: true });
  });

  test("cannot give itself more: what it grants has no effect", async () => {
    await control.query("grant update on audit_log to public");
    await expect(control.query("update audit_log set body = ''")).rejects.toMatchObject({ code: "42501" });
  });
});

describe("the look at the protection of the audit log", () => {
  test("finds nothing to say of one that is as it was made", async () => {
    expect(await checkProtection(control)).toEqual([]);
  });

  test("says that a superuser is too strong", async () => {
    expect(await checkProtection(owner)).toEqual(["the role rollcall, which this service connects as, is a superuser"]);
  });

  const asControl = async (client: pg.PoolClient): Promise<string[]> => {
    await client.query(`set local role ${new URL(`${control.options.connectionString}`).username}`);
    return await checkProtection(client);
  };
  test.each<[string, RegExp[]]>([
    ["alter table audit_log disable trigger all", [/audit_log_append_only of audit_log is switched off/]],
    ["alter table audit_head disable trigger audit_head_steps", [/audit_head_steps of audit_head is switched off/]],
    ["alter table audit_log enable replica trigger audit_log_append_only", [/audit_log_append_only .*switched off/]],
    ["drop trigger audit_log_append_only on audit_log", [/audit_log_append_only of audit_log is missing/]],
    [
      "drop trigger audit_log_append_only on audit_log; create trigger audit_log_append_only before update on audit_log execute function audit_refuse_change()",
      [/audit_log_append_only of audit_log was made anew/],
    ],
    [
      "create or replace function audit_refuse_change() returns trigger language plpgsql as 'begin return new; end'",
      [/the function audit_refuse_change was changed/],
    ],
    [
      "create or replace function audit_append(entry jsonb) returns bigint language sql as 'select 1::bigint'",
      [/the function audit_append was changed/],
    ],
    ["alter table audit_log add column more text", [/audit_log was altered: it has seq bigint.*more text/]],
    ["alter table audit_log rename to elsewhere", [/.*/]],
    ["create rule quiet as on insert to audit_log do instead nothing", [/audit_log has a rule quiet/]],
    ["alter table audit_log enable row level security", [/audit_log hides rows by row security/]],
    ["alter table audit_log drop constraint audit_log_pkey", [/audit_log has no primary key/]],
    [
      "create trigger other after insert on audit_log execute function audit_refuse_change()",
      [/a trigger of somebody else: other/],
    ],
    ["grant update on audit_log to rollcall_app", [/may update audit_log/]],
    ["grant delete, truncate on audit_log to public", [/may delete audit_log/, /may truncate audit_log/]],
    ["grant update (body) on audit_log to rollcall_app", [/may update audit_log/]],
    ["alter table audit_log owner to rollcall_app", [/owns audit_log/]],
  ])("notices: %s", async (statement, expected) => {
    const problems = await after([statement], asControl);
    expect(problems).toEqual(expect.arrayContaining(expected.map((words) => expect.stringMatching(words))));
    expect(await checkProtection(control)).toEqual([]);
  });
});
