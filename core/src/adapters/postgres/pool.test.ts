import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningPostgres, startPostgres } from "@rollcall/local/tools/postgres-server.ts";
import { acceptanceOf, eventually, openTestStore, type TestStore } from "@rollcall/test/store-fixture.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuditLog } from "./audit-log.ts";
import { createCommandStore } from "./command-store.ts";
import { asFailure, isClash, isConnectionLost } from "./database-failure.ts";
import { createLease } from "./lease.ts";
import { migrate } from "./migrate.ts";
import { createOperations } from "./operations.ts";
import { createPool, inTransaction, query } from "./pool.ts";
import { startWorker } from "./worker.ts";

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe("pool", () => {
  test("ends a statement that takes more than two seconds, and a wait for a lock after one", async () => {
    await expect(query(store.pool, "select pg_sleep(10)")).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("more than two seconds"),
    });
    const holder = await store.pool.connect();
    await holder.query("begin");
    await holder.query("lock table operations");
    await expect(createOperations(store.pool).list({ limit: 1 })).rejects.toMatchObject({ code: "unavailable" });
    await holder.query("rollback");
    holder.release();
  });

  test("tells each statement and how long it took, without its values", async () => {
    const told: unknown[] = [];
    const pool = createPool({ url: store.url, name: "told", onStatement: (statement) => told.push(statement) });
    await query(pool, "select $1::text\n  as secret", ["hunter2"]);
    await expect(query(pool, "select nonsense")).rejects.toThrow();
    await pool.end();
    expect(told).toEqual([
      { sql: "select $1::text as secret", duration_seconds: expect.any(Number), failed: false },
      { sql: "select nonsense", duration_seconds: expect.any(Number), failed: true },
    ]);
  });

  test("who asks when all connections are taken is told so in time", async () => {
    const small = createPool({ url: store.url, name: "test", size: 1 });
    const holder = await small.connect();
    await expect(query(small, "select 1")).rejects.toMatchObject({ code: "unavailable" });
    await expect(inTransaction(small, async () => 1)).rejects.toMatchObject({ code: "unavailable" });
    holder.release();
    await expect(query(small, "select 1 as one")).resolves.toEqual([{ one: 1 }]);
    await small.end();
  });

  test("a connection that is ended while it is in use does not end the process, and is replaced", async () => {
    const problems: Error[] = [];
    const pool = createPool({ url: store.url, name: "victim", onProblem: (error) => problems.push(error) });
    const kill = () =>
      store.pool.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'");
    const torn = inTransaction(pool, async (client) => {
      await client.query("select 1");
      await kill();
      await eventually(() => problems.length > 0);
      await client.query("select 2");
    });
    await expect(torn).rejects.toMatchObject({ code: "unavailable" });
    // Idle ones too.
    await query(pool, "select 1");
    await kill();
    await eventually(() => pool.totalCount === 0);
    await expect(query(pool, "select 1 as one")).resolves.toEqual([{ one: 1 }]);
    expect(pool.totalCount).toBe(1);
    await pool.end();
  });

  test("connections that are ended again and again lose no accepted command and run none twice", async () => {
    const pool = createPool({ url: store.url, name: "hunted" });
    let isOver = false;
    const hunt = (async () => {
      while (!isOver) {
        await store.pool.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'hunted'",
        );
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const acceptances = Array.from({ length: 60 }, () => acceptanceOf());
    const outcomes: boolean[] = [];
    for (const acceptance of acceptances) {
      const accepted = await createCommandStore(pool)
        .accept(acceptance)
        .catch(() => null);
      outcomes.push(accepted !== null);
      if (accepted !== null) expect(accepted.repeated).toBe(false);
    }
    isOver = true;
    await hunt;
    const found = await Promise.all(
      acceptances.map(({ idempotencyKey }) => createCommandStore(store.pool).find(idempotencyKey)),
    );
    for (const [index, wasAccepted] of outcomes.entries()) if (wasAccepted) expect(found[index]).not.toBeNull();
    const { rows } = await store.pool.query(
      "select count(*)::integer as count from graphile_worker.jobs where key like 'op-%'",
    );
    const { rows: all } = await store.pool.query("select count(*)::integer as count from operations");
    expect(rows[0].count).toBe(all[0].count);
    expect((await createAuditLog(store.pool).verify()).unbroken).toBe(true);
    await pool.end();
  });

  test("work that fails is rolled back with its own error", async () => {
    const failed = inTransaction(store.pool, async (client) => {
      await client.query("create table undone (id integer)");
      throw new TypeError("x is undefined");
    });
    await expect(failed).rejects.toThrow(TypeError);
    await expect(query(store.pool, "select to_regclass('undone') as undone")).resolves.toEqual([{ undone: null }]);
    // A mistake in a statement of ours is a bug, not an outage.
    await expect(query(store.pool, "select nonsense")).rejects.toMatchObject({ code: "42703" });
  });

  test.each([
    ["53100", "PostgreSQL's disk is full"],
    ["53200", "PostgreSQL has no room or memory left"],
    ["57P03", "PostgreSQL is starting"],
    ["28P01", "PostgreSQL does not let us in"],
    ["ECONNREFUSED", "PostgreSQL does not answer"],
    ["EAI_AGAIN", "PostgreSQL does not answer"],
  ])("%s is said as: %s", (code, message) => {
    expect(asFailure(Object.assign(new Error("x"), { code }))).toMatchObject({ code: "unavailable", message });
  });

  test("what is not an outage stays what it is", () => {
    for (const error of [new Error("x"), "text", Object.assign(new Error("x"), { code: "23505" })])
      expect(asFailure(error)).toBe(error);
    expect(isConnectionLost(new AggregateError([Object.assign(new Error("x"), { code: "ECONNREFUSED" })]))).toBe(true);
    expect(isConnectionLost("text")).toBe(false);
    expect(isClash(Object.assign(new Error("x"), { code: "40001" }))).toBe(true);
  });
});

/** A way to PostgreSQL on which the answer to COMMIT is lost, in one of two ways. */
async function openLossyWay(
  to: URL,
  loss: "cut" | "silence",
): Promise<{ url: string; lost: () => number; close: () => void }> {
  let lost = 0;
  const sockets: Socket[] = [];
  const server: Server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    let isCommitting = false;
    sockets.push(client, upstream);
    client.on("data", (data) => {
      isCommitting ||= lost === 0 && data.includes("commit");
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (!isCommitting) return void client.write(data);
      lost += 1;
      isCommitting = loss === "silence";
      if (loss === "cut") client.destroy();
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on("error", () => undefined).on("close", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(to);
  url.port = String((server.address() as { port: number }).port);
  return {
    url: url.href,
    lost: () => lost,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe("a COMMIT whose answer is lost", () => {
  test.each(["cut", "silence"] as const)(
    "by %s is looked up by its key: the command is accepted, once",
    async (loss) => {
      const way = await openLossyWay(new URL(store.url), loss);
      const pool = createPool({ url: way.url, name: "lossy" });
      const acceptance = acceptanceOf();
      const { operation, repeated } = await createCommandStore(pool).accept(acceptance);
      expect(way.lost()).toBeGreaterThan(0);
      expect(repeated).toBe(false);
      const { rows } = await store.pool.query("select id from operations where idempotency_key = $1", [
        acceptance.idempotencyKey,
      ]);
      expect(rows).toEqual([{ id: operation.id.slice(3) }]);
      expect(await createAuditLog(store.pool).search({ operationId: operation.id, limit: 5 })).toHaveLength(1);
      await pool.end();
      way.close();
    },
  );
});

describe("PostgreSQL that stops and starts again", () => {
  test("ends no process; nothing that was accepted is lost, and work goes on by itself", async () => {
    const folder = await mkdtemp(join(tmpdir(), "rollcall-postgres-"));
    const start = (port: number): Promise<RunningPostgres> =>
      startPostgres({ dataDir: join(folder, "data"), logFile: join(folder, "log"), port, password: "test" });
    const port = await findFreePort();
    let server = await start(port);
    await migrate({ url: server.url });
    const pool = createPool({ url: server.url, name: "rollcall-test" });
    const lease = createLease({ pool, instance: "a", seconds: 1 });
    await lease.start();
    const ran: string[] = [];
    const worker = startWorker({
      pool,
      lease,
      async execute(id, { progress }) {
        const operation = await createOperations(pool).find(id);
        if (operation === null) return;
        await progress.save({ ...operation, state: "ended", ending: "done", endedAt: 1 });
        ran.push(id);
      },
    });
    const commands = createCommandStore(pool);
    const first = await commands.accept(acceptanceOf());
    await eventually(() => ran.includes(first.operation.id));
    await server.child.stop({ signal: "SIGINT" });
    await expect(commands.accept(acceptanceOf())).rejects.toMatchObject({ code: "unavailable" });
    await eventually(() => lease.epoch() === null);
    server = await start(port);
    await eventually(() => lease.epoch() !== null);
    const second = await commands.accept(acceptanceOf());
    await eventually(() => ran.includes(second.operation.id));
    // As after a loss of power.
    await server.child.stop({ signal: "SIGQUIT" });
    server = await start(port);
    await eventually(() => lease.epoch() !== null);
    const third = await commands.accept(acceptanceOf());
    await eventually(() => ran.includes(third.operation.id));
    expect(await createAuditLog(pool).verify()).toMatchObject({ rows: 3, unbroken: true });
    expect(ran).toHaveLength(3);
    await worker.stop();
    await lease.close();
    await pool.end();
    await server.child.stop({ signal: "SIGINT" });
    await rm(folder, { recursive: true, force: true });
  }, 90_000);
});
