import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { startFaultProxy } from "@rollcall/test/fault-proxy.ts";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import {
  authorization,
  createControlSetting,
  DELIVERY,
  FLEET,
  FLEET_NAME,
  postOf,
  SECRETS,
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

const webhook = (token: string) => postOf(DELIVERY, { authorization: `Bearer ${token}` });

describe("the control service as a process", { timeout: 60_000 }, () => {
  test("becomes ready, serves its doors, and ends cleanly within 10 s of SIGTERM", async () => {
    const service = await setting.start();
    await untilStatus(service, "/ready", 200);
    const read = async (path: string) => (await service.ask(path, { headers: authorization })).json();
    expect(await read("/api/v1/")).toMatchObject({ name: "rollcall", fleet: FLEET_NAME });
    expect(await read("/api/v1/agents")).toMatchObject({ expected: 1, agents: [{ id: "billing" }] });
    const { commands } = (await read("/api/v1/commands")) as { commands: { name: string }[] };
    expect(commands.map(({ name }) => name)).toEqual(expect.arrayContaining(["status", "restart", "help"]));
    expect((await service.ask("/api/v1/commands/whoami", postOf({}))).status).toBe(200);
    expect((await service.ask("/slack/events", { method: "POST" })).status).toBe(401);
    expect(await (await service.ask("/runbooks/agent-gone.md")).text()).toMatch(/^# /);
    expect(await (await service.ask("/metrics")).text()).toMatch(/^rollcall_leader 1$/m);
    const asked = Date.now();
    service.child.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(Date.now() - asked).toBeLessThan(10_000);
    expect(service.output.text).toContain("control service has ended");
    for (const secret of SECRETS) expect(service.output.text).not.toContain(secret);
  });

  test("stores an alert of Alertmanager once, and shows it as an incident", async () => {
    const service = await setting.start();
    await untilStatus(service, "/ready", 200);
    expect((await service.ask("/webhooks/alertmanager", webhook("a guess"))).status).toBe(401);
    expect((await service.ask("/webhooks/alertmanager", webhook(WEBHOOK_TOKEN))).status).toBe(200);
    expect((await service.ask("/webhooks/alertmanager", webhook(WEBHOOK_TOKEN))).status).toBe(200);
    const incidents = await (await service.ask("/api/v1/incidents", { headers: authorization })).json();
    expect(incidents).toMatchObject({
      incidents: [{ alertname: "AgentGone", criticality: "P0", alerts: [{ agent: "billing" }] }],
    });
  });

  test("its live stream tells an operation to its end, and is ended with words by SIGTERM", async () => {
    const service = await setting.start();
    await untilStatus(service, "/ready", 200);
    const response = await service.ask("/api/v1/live?topics=operations", { headers: authorization });
    const seen = { text: "" };
    const ended = (async () => {
      for await (const part of response.body ?? []) seen.text += Buffer.from(part as Uint8Array).toString();
    })();
    ended.catch(() => undefined);
    await vi.waitFor(() => expect(seen.text).toContain("event: hello"), 10_000);
    // The first look of all is declared; what comes after it is a change.
    await vi.waitFor(() => expect(seen.text).toContain('"reason":"first-look"'), 10_000);
    const wish = { ...authorization, "idempotency-key": "main-test-live" };
    await service.ask("/api/v1/commands/restart", postOf({ input: { who: ["billing"] } }, wish));
    // The lease of the one that was killed after the test before runs out first.
    await vi.waitFor(() => expect(seen.text).toMatch(/event: operation\n.*"state":"ended"/), 40_000);
    service.child.kill("SIGTERM");
    await ended;
    expect(seen.text).toContain("event: bye");
    expect(await service.exited).toBe(0);
  });

  test("accepts a command once per key, and its audit rows stand behind it", async () => {
    const service = await setting.start();
    await untilStatus(service, "/ready", 200);
    const wish = { ...authorization, "idempotency-key": `wish-${performance.now()}` };
    const restart = () =>
      service.ask("/api/v1/commands/restart", postOf({ input: { who: ["billing"] }, reason: "a test" }, wish));
    const [first, second] = await Promise.all([restart(), restart()]);
    expect([first.status, second.status].toSorted()).toEqual([200, 202]);
    const location = first.headers.get("location") ?? "";
    expect(second.headers.get("location")).toBe(location);
    const { operation } = (await (await service.ask(location, { headers: authorization })).json()) as {
      operation: { id: string };
    };
    const audit = await service.ask(`/api/v1/audit?operation=${operation.id}`, { headers: authorization });
    expect(await audit.json()).toMatchObject({
      rows: expect.arrayContaining([
        expect.objectContaining({ event: "intent", actor: "operator", command: "restart" }),
      ]),
    });
  });

  test("starts without Redis, says so, recovers by itself, and is unready again when it goes", async () => {
    const port = await findFreePort();
    const service = await setting.start({ REDIS_URL: `redis://default:test@127.0.0.1:${port}` });
    expect((await service.ask("/live")).status).toBe(200);
    const unready = await untilStatus(service, "/ready", 503);
    const { dependencies } = (await unready.json()) as { dependencies: { name: string; state: string }[] };
    expect(dependencies.find(({ name }) => name === "redis")?.state).not.toBe("up");
    let redis: RunningRedis | null = null;
    try {
      redis = await startRedis({
        toolsDir: inject("toolsDir"),
        dataDir: join(setting.folder, "redis"),
        logFile: join(setting.folder, "redis.log"),
        port,
        password: "test",
      });
      await untilStatus(service, "/ready", 200);
      await redis.child.stop();
      await untilStatus(service, "/ready", 503);
      expect((await service.ask("/live")).status).toBe(200);
    } finally {
      await redis?.child.stop();
    }
  });

  test("starts while PostgreSQL hangs: looks are answered, changes and alerts are 503 in time, and it recovers", async () => {
    const late = await createTestDatabase();
    const address = new URL(late.url);
    const proxy = await startFaultProxy(Number(address.port));
    address.port = String(proxy.port);
    proxy.swallow("both");
    try {
      const service = await setting.start({ DATABASE_URL: address.href });
      const outage = async () => {
        await untilStatus(service, "/ready", 503);
        const asked = performance.now();
        expect((await service.ask("/webhooks/alertmanager", webhook(WEBHOOK_TOKEN))).status).toBe(503);
        expect(performance.now() - asked).toBeLessThan(2_500);
        const wish = { ...authorization, "idempotency-key": `wish-${performance.now()}` };
        const restart = postOf({ input: { who: ["billing"] } }, wish);
        expect((await service.ask("/api/v1/commands/restart", restart)).status).toBe(503);
        expect((await service.ask("/live")).status).toBe(200);
      };
      await outage();
      proxy.heal();
      await untilStatus(service, "/ready", 200);
      proxy.swallow("both");
      await outage();
      expect((await service.ask("/api/v1/agents", { headers: authorization })).status).toBe(200);
      expect((await service.ask("/api/v1/commands/status", postOf({}))).status).toBe(200);
      proxy.heal();
      await untilStatus(service, "/ready", 200);
      expect((await service.ask("/webhooks/alertmanager", webhook(WEBHOOK_TOKEN))).status).toBe(200);
      service.child.kill("SIGTERM");
      expect(await service.exited).toBe(0);
    } finally {
      await proxy.close();
      await setting.endAll();
      await late.drop();
    }
  });

  test("says every problem of its configuration at once, and exits 1", async () => {
    const service = await setting.start({ DATABASE_URL: "", REDIS_URL: "nonsense", ROLLCALL_FLEET_KEY: "short" });
    expect(await service.exited).toBe(1);
    expect(service.output.text.split("\n").filter((line) => line.startsWith("  "))).toHaveLength(3);
    expect(service.output.text).toContain("DATABASE_URL is not set");
    expect(service.output.text).not.toContain("nonsense");
  });

  test("names file and line of a bad fleet.yaml, and exits 1", async () => {
    const file = join(setting.folder, "bad.yaml");
    await writeFile(file, FLEET.replace("criticality: P0", "criticality: P9"));
    const service = await setting.start({ ROLLCALL_FLEET_FILE: file });
    expect(await service.exited).toBe(1);
    expect(service.output.text).toMatch(/bad\.yaml:3.*P9.*allowed: P0, P1, P2, P3/);
    expect(service.output.text).not.toMatch(/at .*\.ts:\d+/);
  });

  test("says that its port is taken, and exits 1", async () => {
    const { port } = new URL((await setting.start()).address);
    const second = await setting.start({ ROLLCALL_HTTP_PORT: port });
    expect(await second.exited).toBe(1);
    expect(second.output.text).toContain(`cannot listen on 127.0.0.1:${port}: another program has this port`);
  });

  test("ends with exit code 1 and a log line at a promise that failed and that nobody looks at", async () => {
    const planted = 'setTimeout(()=>Promise.reject(new Error("planted")),4000)';
    const service = await setting.start({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(planted)}`,
    });
    expect(await service.exited).toBe(1);
    expect(service.output.text).toContain("a promise failed and nobody looked");
    expect(service.output.text).toContain("planted");
  });

  test("does not go on with a database whose applied migrations were changed", async () => {
    const other = await createTestDatabase();
    try {
      const first = await setting.start({ DATABASE_URL: other.url });
      await untilStatus(first, "/ready", 200);
      await setting.endAll();
      const client = new pg.Client({ connectionString: other.url });
      await client.connect();
      await client.query("update migrations set checksum = 'changed' where number = 1");
      await client.end();
      const second = await setting.start({ DATABASE_URL: other.url });
      expect(await second.exited).toBe(1);
      expect(second.output.text).toContain("was changed after it was applied");
    } finally {
      await setting.endAll();
      await other.drop();
    }
  });
});
