import { join } from "node:path";
import { connectRedis } from "@rollcall/core/adapters/redis/connection.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { startRedis } from "@rollcall/local/tools/redis-server.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import {
  authorization,
  createControlSetting,
  DELIVERY,
  postOf,
  untilStatus,
  WEBHOOK_TOKEN,
} from "./control-process-fixture.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let setting: Awaited<ReturnType<typeof createControlSetting>>;

beforeAll(async () => {
  database = await createTestDatabase();
  setting = await createControlSetting({
    databaseUrl: database.url,
    redisUrl: inject("redisUrl"),
    inherited: process.env,
  });
});
afterEach(() => setting.endAll());
afterAll(async () => {
  await setting.remove();
  await database.drop();
});

/** A transaction that keeps everybody else from the table until it is ended. */
async function lockTable(table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("begin");
  await client.query(`lock table ${table}`);
  return () => client.end();
}

describe("the control service, when a store answers but does not work", { timeout: 60_000 }, () => {
  test("P6: with all connections taken, requests are 503 with Retry-After in time, /live answers at once, and it stays the leader", async () => {
    const service = await setting.start({ ROLLCALL_LEASE_SECONDS: "2" });
    await untilStatus(service, "/ready", 200);
    const leads = async () => /^rollcall_leader 1$/m.test(await (await service.ask("/metrics")).text());
    await vi.waitFor(async () => expect(await leads()).toBe(true), { timeout: 10_000 });
    const free = await lockTable("audit_log");
    const timed = async (path: string) => {
      const startedAt = performance.now();
      const answer = await service.ask(path, { headers: authorization });
      await answer.text();
      return { status: answer.status, retry: answer.headers.get("retry-after"), ms: performance.now() - startedAt };
    };
    try {
      const askTwice = async () => [await timed("/api/v1/audit"), await timed("/api/v1/audit")];
      const flood = Promise.all(Array.from({ length: 100 }, askTwice));
      let isOver = false;
      const watched: { live: number; leads: boolean }[] = [];
      const watch = (async () => {
        while (!isOver) {
          const live = await timed("/live");
          expect(live.status).toBe(200);
          watched.push({ live: live.ms, leads: await leads() });
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      const answers = (await flood).flat();
      isOver = true;
      await watch;
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      expect(answers.every(({ retry }) => Number(retry) > 0)).toBe(true);
      expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(5000);
      expect(Math.max(...watched.map(({ live }) => live))).toBeLessThan(2000);
      expect(watched.every((seen) => seen.leads)).toBe(true);
    } finally {
      await free();
    }
    expect((await timed("/api/v1/audit")).status).toBe(200);
  });

  test("P5, M-4: while a table is locked an alert is 503 within 2 s and a command within 3 s, and both are taken afterwards", async () => {
    const service = await setting.start();
    await untilStatus(service, "/ready", 200);
    const alert = () =>
      service.ask("/webhooks/alertmanager", postOf(DELIVERY, { authorization: `Bearer ${WEBHOOK_TOKEN}` }));
    const command = () =>
      service.ask(
        "/api/v1/commands/restart",
        postOf({ input: { who: ["billing"] } }, { ...authorization, "idempotency-key": "while-locked" }),
      );
    const free = await lockTable("incidents, operations");
    try {
      const startedAt = performance.now();
      const [alerted, commanded] = await Promise.all([
        alert().then(({ status }) => ({ status, ms: performance.now() - startedAt })),
        command().then(({ status }) => ({ status, ms: performance.now() - startedAt })),
      ]);
      expect([alerted.status, commanded.status]).toEqual([503, 503]);
      expect(alerted.ms).toBeLessThan(2000);
      expect(commanded.ms).toBeLessThan(3000);
    } finally {
      await free();
    }
    expect((await alert()).status).toBe(200);
    expect((await command()).status).toBe(202);
  });

  test("P12: with a trigger of the audit log switched off, changes are 503 in words, looks are answered, and the metric says it", async () => {
    const owner = new pg.Client({ connectionString: database.url });
    await owner.connect();
    try {
      await owner.query("alter table audit_log disable trigger all");
      const service = await setting.start();
      await untilStatus(service, "/ready", 200);
      const wish = { ...authorization, "idempotency-key": "while-unprotected" };
      const refused = await service.ask("/api/v1/commands/restart", postOf({ input: { who: ["billing"] } }, wish));
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({
        message: "the audit log is not protected from changes, so nothing is changed",
        found: "the trigger audit_log_append_only of audit_log is switched off",
      });
      expect((await service.ask("/api/v1/commands/status", postOf({}))).status).toBe(200);
      expect(await (await service.ask("/metrics")).text()).toMatch(/^rollcall_audit_protection_problems 1$/m);
    } finally {
      await owner.query("alter table audit_log enable trigger all");
      await owner.end();
    }
  });

  test("R6, R7: is not ready while Redis may throw messages away or takes none, says how to mend it, and is ready again", async () => {
    const port = await findFreePort();
    const redis = await startRedis({
      toolsDir: inject("toolsDir"),
      dataDir: join(setting.folder, "redis"),
      logFile: join(setting.folder, "redis.log"),
      port,
      password: "test",
    });
    const admin = connectRedis({ url: redis.url, name: "test" });
    try {
      const service = await setting.start({ REDIS_URL: redis.url });
      await untilStatus(service, "/ready", 200);
      await admin.config("SET", "maxmemory-policy", "allkeys-lru");
      expect(await (await untilStatus(service, "/ready", 503)).text()).toMatch(/allkeys-lru; set noeviction/);
      await admin.config("SET", "maxmemory-policy", "noeviction");
      await untilStatus(service, "/ready", 200);
      await admin.config("SET", "maxmemory", "1");
      expect(await (await untilStatus(service, "/ready", 503)).text()).toContain("its memory is full");
      expect((await service.ask("/live")).status).toBe(200);
      await admin.config("SET", "maxmemory", "0");
      await untilStatus(service, "/ready", 200);
    } finally {
      admin.disconnect();
      await setting.endAll();
      await redis.child.stop();
    }
  });
});
