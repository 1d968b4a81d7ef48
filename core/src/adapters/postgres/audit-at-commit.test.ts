import { openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditEntry } from "../../domain/audit.ts";
import { verifyChain } from "./audit-chain.ts";
import { appendAudit, createAuditLog } from "./audit-log.ts";
import { inTransaction, type Pool } from "./pool.ts";

const entry = (changes = {}) => auditEntry({ event: "decision", actor: "anna", door: "slack", detail: {}, ...changes });

let store: TestStore;
let pool: Pool;
beforeAll(async () => {
  store = await openTestStore();
  pool = store.pool;
});
afterAll(() => store.close());

describe("a row of a transaction", () => {
  test("keeps nobody else who audits waiting while the transaction still has work to do", async () => {
    const audited = Promise.withResolvers<void>();
    const working = Promise.withResolvers<void>();
    const slow = inTransaction(pool, async (client) => {
      appendAudit(client, entry({ requestId: "req-slow" }));
      await client.query("select 1");
      audited.resolve();
      await working.promise;
    });
    await audited.promise;
    await createAuditLog(pool).append(entry({ requestId: "req-quick" }));
    working.resolve();
    await slow;
    const rows = await createAuditLog(pool).search({ limit: 10 });
    expect(rows.map(({ requestId }) => requestId)).toEqual(["req-slow", "req-quick"]);
    expect(await verifyChain(pool)).toMatchObject({ unbroken: true });
  });

  test("that is refused leaves nothing of the transaction, and a connection that can be used again", async () => {
    await pool.query("create table work (done int)");
    const torn = inTransaction(pool, async (client) => {
      appendAudit(client, entry({ actor: "" }));
      await client.query("insert into work values (1)");
    });
    await expect(torn).rejects.toThrow("says at least what happened");
    expect((await pool.query("select from work")).rowCount).toBe(0);
    expect(await verifyChain(pool)).toMatchObject({ unbroken: true });
    expect(await createAuditLog(pool).append(entry())).toBeGreaterThan(0);
  });
});
