import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isFailure } from "../../domain/failure.ts";
import type { AuditEntry } from "../../ports/audit-log.ts";
import { withContext } from "../../protocol/request-context.ts";
import { openAnchors } from "../audit-anchors.ts";
import { verifyChain } from "./audit-chain.ts";
import { createAuditLog } from "./audit-log.ts";
import { migrate } from "./migrate.ts";
import { createPool, inTransaction, type Pool } from "./pool.ts";

const entry = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  event: "decision",
  actor: "operator",
  door: "slack",
  command: "restart",
  targets: ["billing"],
  decision: "allowed",
  rule: "role-operator",
  reason: null,
  operationId: null,
  requestId: "req-1",
  detail: {},
  ...changes,
});

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  await migrate({ url: database.url });
  pool = createPool({ url: database.url, name: "test" });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** As a superuser who switches the triggers off. */
const tamper = (...statements: string[]): Promise<void> =>
  inTransaction(pool, async (client) => {
    await client.query("set local session_replication_role = replica");
    for (const statement of statements) await client.query(statement);
  });
const fill = async (rows: number): Promise<void> => {
  for (let row = 1; row <= rows; row += 1) await createAuditLog(pool).append(entry({ requestId: `req-${row}` }));
};
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

beforeEach(() => tamper("truncate audit_log", "update audit_head set seq = 0, hash = repeat('0', 64)"));

describe("audit log", () => {
  test("names the trace, the correlation and the customer of the work that a row was written in", async () => {
    const log = createAuditLog(pool);
    const context = {
      correlationId: "order-7",
      customerId: "customer-3",
      traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`,
    };
    await withContext(context, () => log.append(entry()));
    await log.append(entry());
    const [later, row] = await log.search({ limit: 2 });
    expect(row).toMatchObject({ correlationId: "order-7", customerId: "customer-3", traceId: "a".repeat(32) });
    expect(later).not.toHaveProperty("traceId");
    expect(await log.verify()).toMatchObject({ unbroken: true });
  });

  test("numbers its rows from one without a gap and chains each to the one before", async () => {
    const log = createAuditLog(pool);
    expect([await log.append(entry()), await log.append(entry()), await log.append(entry())]).toEqual([1, 2, 3]);
    const { rows } = await pool.query("select seq, body, prev, hash from audit_log order by seq");
    expect(rows[0].prev).toBe("0".repeat(64));
    for (const row of rows) expect(row.hash).toBe(hash(row.prev + row.body));
    expect(rows.slice(1).map((row) => row.prev)).toEqual(rows.slice(0, -1).map((row) => row.hash));
    expect(await log.verify()).toEqual({ rows: 3, unbroken: true, firstBad: null, head: rows[2].hash, anchors: null });
  });

  test("an empty log is unbroken", async () => {
    expect(await createAuditLog(pool).verify()).toEqual({
      rows: 0,
      unbroken: true,
      firstBad: null,
      head: "0".repeat(64),
      anchors: null,
    });
  });

  test("twenty who append at the same time do not fork the chain", async () => {
    const log = createAuditLog(pool);
    const each = Array.from({ length: 20 }, (_, index) => index);
    const numbers = await Promise.all(
      each.flatMap((who) => [1, 2, 3].map(() => log.append(entry({ actor: `a-${who}` })))),
    );
    expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(await log.verify()).toMatchObject({ rows: 60, unbroken: true });
  });

  test("a row that is rolled back leaves no gap", async () => {
    const undone = inTransaction(pool, async (client) => {
      await client.query("select audit_append($1)", [JSON.stringify(entry())]);
      throw new Error("undo");
    });
    await expect(undone).rejects.toThrow("undo");
    expect(await createAuditLog(pool).append(entry())).toBe(1);
  });

  test("any text can be written down, even what PostgreSQL cannot hold in JSON", async () => {
    const log = createAuditLog(pool);
    await log.append(entry({ reason: 'nul \0, quote ", ünïcode 🟥', detail: { "k\u2028": ["\0"] } }));
    expect((await log.search({ limit: 1 }))[0]?.reason).toBe('nul ␀, quote ", ünïcode 🟥');
    expect((await log.verify()).unbroken).toBe(true);
  });

  test.each([
    ["update audit_log set body = '{}'"],
    ["delete from audit_log"],
    ["truncate audit_log"],
    ["insert into audit_head (only_row, seq, hash) values (true, 9, 'x')"],
    ["delete from audit_head"],
    ["truncate audit_head"],
    ["update audit_head set seq = 0"],
  ])("PostgreSQL itself refuses: %s", async (statement) => {
    await fill(2);
    await expect(pool.query(statement)).rejects.toMatchObject({ code: "42501" });
    expect(await createAuditLog(pool).verify()).toMatchObject({ rows: 2, unbroken: true });
  });

  test("is searched by actor, target and operation, newest first", async () => {
    const log = createAuditLog(pool);
    await log.append(entry({ actor: "operator", targets: ["billing", "invoices"], operationId: "op-1" }));
    await log.append(entry({ actor: "second", targets: ["billing"], operationId: "op-2" }));
    await log.append(entry({ actor: "operator", targets: [], operationId: "op-1", event: "outcome" }));
    const found = async (filter: object) => (await log.search({ limit: 10, ...filter })).map((row) => row.seq);
    expect(await found({})).toEqual([3, 2, 1]);
    expect(await found({ limit: 2 })).toEqual([3, 2]);
    expect(await found({ actor: "operator" })).toEqual([3, 1]);
    expect(await found({ target: "billing" })).toEqual([2, 1]);
    expect(await found({ target: "bill" })).toEqual([]);
    expect(await found({ operationId: "op-1" })).toEqual([3, 1]);
    expect(await found({ actor: "second", operationId: "op-1" })).toEqual([]);
    const [row] = await log.search({ limit: 1 });
    expect(row).toEqual({
      ...entry({ targets: [], operationId: "op-1", event: "outcome" }),
      seq: 3,
      at: row?.at,
      hash: row?.hash,
    });
    expect(row?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test("says that PostgreSQL is away instead of appending nothing", async () => {
    const away = createPool({ url: "postgres://nobody@127.0.0.1:9/x", name: "test" });
    await expect(createAuditLog(away).append(entry())).rejects.toSatisfy(
      (error) => isFailure(error) && error.code === "unavailable",
    );
    await expect(createAuditLog(away).verify()).rejects.toMatchObject({ code: "unavailable" });
    await away.end();
  });
});

describe("verify", () => {
  const rehash = (seq: number) =>
    `update audit_log set hash = encode(sha256(convert_to(prev || body, 'UTF8')), 'hex') where seq = ${seq}`;

  const edit = "update audit_log set body = replace(body, 'operator', 'nobody') where seq";
  test.each<[string, { seq: number; why: RegExp; by: string[] }]>([
    ["an edited text", { seq: 3, why: /^edited/, by: [`${edit} = 3`] }],
    ["a text edited with its hash", { seq: 4, why: /^replaced/, by: [`${edit} = 3`, rehash(3)] }],
    [
      "an edited time",
      { seq: 3, why: /^edited: its time/, by: ["update audit_log set at = at + interval '1 second' where seq = 3"] },
    ],
    ["a deleted row", { seq: 3, why: /^missing/, by: ["delete from audit_log where seq = 3"] }],
    ["a deleted first row", { seq: 1, why: /^missing/, by: ["delete from audit_log where seq = 1"] }],
    [
      "two rows in each other's place",
      {
        seq: 3,
        why: /^reordered/,
        by: ["update audit_log set seq = -seq where seq in (3, 4)", "update audit_log set seq = 7 + seq where seq < 0"],
      },
    ],
    [
      "a row chained to another one",
      { seq: 3, why: /^replaced/, by: ["update audit_log set prev = repeat('1', 64) where seq = 3", rehash(3)] },
    ],
    ["a cut tail", { seq: 5, why: /^cut off: rows 5 to 6/, by: ["delete from audit_log where seq > 4"] }],
    ["a whole log that is gone", { seq: 1, why: /^cut off: rows 1 to 6/, by: ["truncate audit_log"] }],
    ["a head that was set back", { seq: 5, why: /^added/, by: ["update audit_head set seq = 4"] }],
    [
      "a head with another hash",
      { seq: 6, why: /^replaced: the head/, by: ["update audit_head set hash = repeat('1', 64)"] },
    ],
    ["a last row written anew", { seq: 6, why: /^replaced: the head/, by: [`${edit} = 6`, rehash(6)] }],
    ["a head that is gone", { seq: 6, why: /^the head is missing/, by: ["delete from audit_head"] }],
  ])("names the first bad row of %s", async (_, { seq, why, by }) => {
    await fill(6);
    await tamper(...by);
    // Two rows a batch: faults lie within and between batches.
    for (const batchRows of [2, 5000]) {
      const check = await verifyChain(pool, { batchRows });
      expect(check).toMatchObject({ unbroken: false, firstBad: { seq, why: expect.stringMatching(why) } });
    }
    await tamper("insert into audit_head (seq, hash) values (0, '') on conflict do nothing");
  });

  describe("with signed anchors outside the database", () => {
    let directory: string;
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), "rollcall-anchors-"));
      const anchors = await openAnchors({ directory, fleet: "test" });
      await fill(3);
      await anchors.add(await head());
      await fill(3);
      await anchors.add(await head());
      await fill(1);
    });
    afterEach(() => rm(directory, { recursive: true }));
    const head = async () => {
      const { rows } = await pool.query("select seq, hash from audit_head");
      return { seq: Number(rows[0].seq), hash: String(rows[0].hash), at: new Date() };
    };
    const verify = () => createAuditLog(pool, { anchorDir: directory }).verify();
    /** As somebody who knows how rows are chained, and may write all of them. */
    const writeAnew = (from: number) => `do $$ declare row audit_log; last text; begin
      select coalesce(max(hash), repeat('0', 64)) into last from audit_log where seq = ${from} - 1;
      for row in select * from audit_log where seq >= ${from} order by seq loop
        update audit_log set prev = last, hash = encode(sha256(convert_to(last || body, 'UTF8')), 'hex')
          where seq = row.seq returning hash into last;
      end loop;
      update audit_head set hash = last;
    end $$`;

    test("all is well, and it says how many were compared", async () => {
      expect(await verify()).toMatchObject({ unbroken: true, rows: 7, anchors: { count: 2 } });
    });

    test("names what was written anew with all its hashes, between the anchors that fit and do not", async () => {
      await tamper(`${edit} = 5`, writeAnew(5));
      expect((await createAuditLog(pool).verify()).unbroken).toBe(true);
      const why = expect.stringMatching(/^rewritten: the anchor of .* knows row 6 with another hash/);
      expect(await verify()).toMatchObject({ unbroken: false, firstBad: { seq: 4, why } });
    });

    test("names a tail that was cut together with the head", async () => {
      const hash = "(select hash from audit_log where seq = 4)";
      await tamper("delete from audit_log where seq > 4", `update audit_head set seq = 4, hash = ${hash}`);
      expect((await createAuditLog(pool).verify()).unbroken).toBe(true);
      const why = expect.stringMatching(/^rolled back: the anchor of .* knows row 6, which is missing/);
      expect(await verify()).toMatchObject({ unbroken: false, firstBad: { seq: 4, why } });
    });

    test("does not believe an anchor that another key signed", async () => {
      const file = join(directory, "anchors.jsonl");
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace('"seq":6', '"seq":7'));
      const why = "forged: line 2 of the anchors is not signed by their key";
      expect(await verify()).toMatchObject({ unbroken: false, firstBad: { seq: 0, why } });
    });

    test("keeps its key from everybody else, and refuses one that is none", async () => {
      expect((await stat(join(directory, "key.pem"))).mode & 0o777).toBe(0o600);
      await writeFile(join(directory, "key.pem"), "nonsense");
      await expect(openAnchors({ directory, fleet: "test" })).rejects.toMatchObject({
        code: "invalid_input",
        detail: { next: expect.stringContaining("openssl genpkey") },
      });
    });
  });

  test("is not disturbed by rows that are appended meanwhile", async () => {
    await fill(20);
    const log = createAuditLog(pool);
    const [check] = await Promise.all([
      verifyChain(pool, { batchRows: 1 }),
      ...Array.from({ length: 20 }, () => log.append(entry())),
    ]);
    expect(check.unbroken).toBe(true);
    expect(check.rows).toBeGreaterThanOrEqual(20);
    expect(await log.verify()).toMatchObject({ rows: 40, unbroken: true });
  });
});
