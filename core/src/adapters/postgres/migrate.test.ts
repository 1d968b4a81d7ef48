import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase } from "@rollcall/test/database.ts";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MIGRATIONS_DIR, migrate, readMigrations } from "./migrate.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let directory: string;
beforeEach(async () => {
  database = await createTestDatabase();
  directory = await mkdtemp(join(tmpdir(), "rollcall-migrations-"));
});
afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

const write = (name: string, sql: string) => writeFile(join(directory, name), sql);
async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
const run = (from = directory) => migrate({ url: database.url, directory: from });
const first = () =>
  write("0001-first.sql", "-- Because something must come first.\ncreate table first (id integer);\n");

describe("migrate", () => {
  test("brings an empty database to this version, graphile-worker's schema too, and then does nothing", async () => {
    const applied = await run(MIGRATIONS_DIR);
    expect(applied).toEqual((await readMigrations(MIGRATIONS_DIR)).map((file) => file.name));
    expect(await query("select 1 as one from graphile_worker.jobs")).toEqual([]);
    expect(await run(MIGRATIONS_DIR)).toEqual([]);
  });

  test("several that start at the same time apply each file once", async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => run(MIGRATIONS_DIR)));
    expect(results.filter((applied) => applied.length > 0)).toHaveLength(1);
  });

  test("a changed applied file is refused with both checksums", async () => {
    await first();
    await run();
    await write("0001-first.sql", "-- Because something must come first.\ncreate table first (id bigint);\n");
    await expect(run()).rejects.toMatchObject({
      code: "conflict",
      message: "migration 0001-first.sql was changed after it was applied",
      detail: { found: expect.stringMatching(/[0-9a-f]{64}/), allowed: [expect.stringMatching(/^[0-9a-f]{64}$/)] },
    });
  });

  test("a file that fails leaves nothing of itself, and is applied once it is mended", async () => {
    await first();
    await write("0002-second.sql", "-- Because there is more.\ncreate table second (id integer);\nselect nonsense;\n");
    await expect(run()).rejects.toThrow(/^migration 0002-second.sql failed: column "nonsense" does not exist/);
    expect(await query("select number, to_regclass('second') as second from migrations")).toEqual([
      { number: 1, second: null },
    ]);
    await write("0002-second.sql", "-- Because there is more.\ncreate table second (id integer);\n");
    expect(await run()).toEqual(["0002-second.sql"]);
  });

  test("an older version lives beside a newer schema unless that is breaking", async () => {
    await first();
    await write("0002-second.sql", "-- Because there is more.\ncreate table second (id integer);\n");
    await run();
    await rm(join(directory, "0002-second.sql"));
    expect(await run()).toEqual([]);
    await write("0002-second.sql", "-- Because there is more.\ncreate table second (id integer);\n");
    await write("0003-third.sql", "--! breaking Because a column goes away.\nalter table second drop column id;\n");
    await run();
    await rm(join(directory, "0003-third.sql"));
    await expect(run()).rejects.toMatchObject({
      code: "conflict",
      message: "the database belongs to a newer version of Rollcall",
      detail: { found: "0003-third.sql" },
    });
  });

  test("says that PostgreSQL is away", async () => {
    await expect(migrate({ url: "postgres://nobody@127.0.0.1:9/none" })).rejects.toMatchObject({ code: "unavailable" });
  });

  test.each([
    ["0000-nothing.sql", "-- Because of it.\n", "expected 0001-<what>.sql"],
    ["1-short.sql", "-- Because of it.\n", "expected 0001-<what>.sql"],
    ["0001-Upper.sql", "-- Because of it.\n", "expected 0001-<what>.sql"],
    ["0001-silent.sql", "create table x ();\n", "the first line must be"],
    ["0001-shy.sql", "-- breaking Because of it.\n", "the first line must be"],
    ["0001-loud.sql", "--! Because of it.\n", "the first line must be"],
  ])("the file %s with %j is refused", async (name, sql, message) => {
    await write(name, sql);
    await expect(run()).rejects.toThrow(message);
  });
});

test("numbers may leave gaps, but no two files have the same one", async () => {
  await first();
  await write("0007-seventh.sql", "-- Because there is more.\ncreate table seventh (id integer);\n");
  expect(await run()).toEqual(["0001-first.sql", "0007-seventh.sql"]);
  await write("0004-fourth.sql", "-- Because it was written meanwhile.\ncreate table fourth (id integer);\n");
  expect(await run()).toEqual(["0004-fourth.sql"]);
  await write("0004-other.sql", "-- Because there is more.\ncreate table other (id integer);\n");
  await expect(run()).rejects.toThrow("0004-other.sql: another file has the number 4");
});

test("no committed migration was changed; a new one is added with its checksum", async () => {
  const committed: unknown = JSON.parse(await readFile(join(MIGRATIONS_DIR, "checksums.json"), "utf8"));
  const files = await readMigrations(MIGRATIONS_DIR);
  expect(Object.fromEntries(files.map((file) => [file.name, file.checksum]))).toEqual(committed);
});

test("the checksum test sees a change of one character", async () => {
  await cp(MIGRATIONS_DIR, directory, { recursive: true });
  const [before] = await readMigrations(directory);
  await write(before?.name ?? "", `${before?.sql}-- `);
  expect((await readMigrations(directory))[0]?.checksum).not.toBe(before?.checksum);
});
