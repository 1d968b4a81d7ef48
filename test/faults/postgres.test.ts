import { createCommandStore } from "@rollcall/core/adapters/postgres/command-store.ts";
import { createPool, inTransaction, type Pool } from "@rollcall/core/adapters/postgres/pool.ts";
import { type FaultProxy, startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import { acceptanceOf, eventually, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

let store: TestStore;
let way: FaultProxy;
let pool: Pool;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  const url = new URL(store.url);
  way = await startFaultProxy(Number(url.port));
  url.port = String(way.port);
  pool = createPool({ url: url.href, name: "faulty", size: 4 });
});
afterEach(async () => {
  await pool.end();
  await way.close();
});

const accept = () => createCommandStore(pool).accept(acceptanceOf());
const databaseIs = (mode: "on" | "off") =>
  store.pool.query(
    `alter database ${new URL(store.url).pathname.slice(1)} set default_transaction_read_only = ${mode}`,
  );

describe("PostgreSQL fails over", () => {
  test("P4: a server that became read-only is left: the first command after a writer is there is accepted", async () => {
    await accept();
    await databaseIs("on");
    // As a failover does; what connects now finds a server that only reads.
    way.cut();
    await eventually(() => pool.totalCount === 0);
    for (let tries = 0; tries < 4; tries += 1) {
      await expect(accept()).rejects.toMatchObject({ code: "unavailable", message: "PostgreSQL is read-only" });
    }
    await databaseIs("off");
    await expect(accept()).resolves.toMatchObject({ repeated: false });
  });

  test("P2: all connections are reset in the middle of ten transactions: each is refused or accepted once, and the pool works on", async () => {
    way.delay(50);
    const acceptances = Array.from({ length: 10 }, () => acceptanceOf());
    const under = Promise.allSettled(acceptances.map((one) => createCommandStore(pool).accept(one)));
    await eventually(() => pool.totalCount > 0);
    for (let cuts = 0; cuts < 5; cuts += 1) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      way.cut();
    }
    way.heal();
    for (const [index, outcome] of (await under).entries()) {
      const key = acceptances[index]?.idempotencyKey ?? "";
      const found = await createCommandStore(store.pool).find(key);
      if (outcome.status === "fulfilled") expect(outcome.value).toMatchObject({ repeated: false });
      else expect(outcome.reason).toMatchObject({ code: "unavailable" });
      if (outcome.status === "fulfilled") expect(found?.id).toBe(outcome.value.operation.id);
    }
    await expect(accept()).resolves.toMatchObject({ repeated: false });
  });
});

describe("two writers want the same rows in opposite order", () => {
  test("P8: PostgreSQL ends one of them as a deadlock, which is said as unavailable, and the other is stored", async () => {
    await store.pool.query("create table pair (name text primary key, taken integer not null default 0)");
    await store.pool.query("insert into pair values ('a'), ('b')");
    const meet = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // The lock timeout of a second would end it too: PostgreSQL looks for deadlocks after a second as well.
    const take = (first: string, second: string, index: 0 | 1) =>
      inTransaction(store.pool, async (client) => {
        await client.query("set local deadlock_timeout = '100ms'");
        await client.query("update pair set taken = taken + 1 where name = $1", [first]);
        meet[index]?.resolve();
        await meet[1 - index]?.promise;
        await client.query("update pair set taken = taken + 1 where name = $1", [second]);
      });
    const outcomes = await Promise.allSettled([take("a", "b", 0), take("b", "a", 1)]);
    const lost = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
    expect(lost).toHaveLength(1);
    expect(lost[0]?.reason).toMatchObject({ code: "unavailable", cause: expect.objectContaining({ code: "40P01" }) });
    const { rows } = await store.pool.query("select taken from pair order by name");
    expect(rows).toEqual([{ taken: 1 }, { taken: 1 }]);
  });
});
