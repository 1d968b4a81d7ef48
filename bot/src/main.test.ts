import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { createTestDatabase } from "@rollcall/test/database.ts";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";

const TOKEN = `rc_${"t".repeat(43)}`;
const WEBHOOK_TOKEN = "the token of the webhook";
const FLEET = `fleet: main-test
agents:
  - { id: billing, group: payments, does: takes payments, criticality: P0, consequence: payments stop, normalSeconds: 1 }
`;
const accessOf = (role: string): string => `people:
  - id: operator
    name: Operator
    role: ${role}
    tokens:
      - { id: local, sha256: ${createHash("sha256").update(TOKEN).digest("hex")}, expires: "2099-01-01T00:00:00Z", scopes: ["*"] }
`;

let folder: string;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let supervisor: Server;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rollcall-control-"));
  database = await createTestDatabase();
  await writeFile(join(folder, "fleet.yaml"), FLEET);
  await writeFile(join(folder, "access.yaml"), accessOf("operator"));
  supervisor = createServer((_request, response) => response.end('{"agents":[]}'));
  await new Promise<void>((resolve) => supervisor.listen(join(folder, "supervisor.sock"), resolve));
});

afterEach(async () => {
  await Promise.all(
    running.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    }),
  );
});

afterAll(async () => {
  supervisor.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const environment = () => ({
  PATH: process.env.PATH ?? "",
  ...(process.env.NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE: process.env.NODE_V8_COVERAGE }),
  ROLLCALL_HTTP_PORT: "0",
  ROLLCALL_PUBLIC_URL: "http://127.0.0.1:8080",
  DATABASE_URL: database.url,
  REDIS_URL: inject("redisUrl"),
  ROLLCALL_FLEET_FILE: join(folder, "fleet.yaml"),
  ROLLCALL_ACCESS_FILE: join(folder, "access.yaml"),
  ROLLCALL_FLEET_KEY: "a fleet key of at least 32 characters",
  ROLLCALL_SUPERVISOR_SOCKET: join(folder, "supervisor.sock"),
  SLACK_BOT_TOKEN: "xoxb-nobody",
  SLACK_SIGNING_SECRET: "a signing secret for tests",
  SLACK_API_URL: "http://127.0.0.1:9/api/",
  SLACK_BOT_ID: "B0FLEET",
  SLACK_BOT_USER_ID: "U0FLEET",
  SLACK_TEAM_ID: "T0LOCAL",
  ROLLCALL_SLACK_ALERTS_CHANNEL: "C0ALERTS",
  ROLLCALL_SLACK_OPS_CHANNEL: "C0OPS",
  ALERTMANAGER_WEBHOOK_TOKEN: WEBHOOK_TOKEN,
  PAGERDUTY_ROUTING_KEY: "0123456789abcdef0123456789abcdef",
  PAGERDUTY_EVENTS_URL: "http://127.0.0.1:9/v2/enqueue",
  ROLLCALL_LEASE_SECONDS: "1",
});

/** Starts the real process, and waits until it listens or has ended. */
async function start(change: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: { ...environment(), ...change },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const output = { text: "" };
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const listening = new Promise<string>((resolve) => {
    const read = (part: Buffer): void => {
      output.text += part.toString();
      const address = /"address":"([^"]+)"/.exec(output.text)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
  });
  const address = await Promise.race([listening, exited.then(() => "")]);
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${address}${path}`, { ...init, signal: AbortSignal.timeout(5_000) });
  return { child, output, exited, ask };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Asks again until the answer has the status. */
async function untilStatus({ ask, output }: Started, path: string, status: number): Promise<Response> {
  const deadline = Date.now() + 30_000;
  let found: Response | null = null;
  while (Date.now() < deadline) {
    found = await ask(path);
    if (found.status === status) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} stays ${found?.status}: ${await found?.text()}\n${output.text.slice(-3000)}`);
}

const authorization = { authorization: `Bearer ${TOKEN}` };

describe("the control service as a process", { timeout: 60_000 }, () => {
  test("becomes ready, serves its doors, and ends cleanly within 10 s of SIGTERM", async () => {
    const service = await start();
    await untilStatus(service, "/ready", 200);
    const gateway = await (await service.ask("/api/v1/", { headers: authorization })).json();
    expect(gateway).toMatchObject({ name: "rollcall", fleet: "main-test" });
    const agents = await (await service.ask("/api/v1/agents", { headers: authorization })).json();
    expect(agents).toMatchObject({ expected: 1, agents: [{ id: "billing" }] });
    const commands = (await (await service.ask("/api/v1/commands", { headers: authorization })).json()) as {
      commands: { name: string }[];
    };
    expect(commands.commands.map(({ name }) => name)).toEqual(expect.arrayContaining(["status", "restart", "help"]));
    const whoami = await service.ask("/api/v1/commands/whoami", {
      method: "POST",
      headers: { ...authorization, "content-type": "application/json" },
      body: "{}",
    });
    expect(whoami.status).toBe(200);
    expect((await service.ask("/slack/events", { method: "POST" })).status).toBe(401);
    expect(await (await service.ask("/metrics")).text()).toContain("rollcall_leader 1");
    const asked = Date.now();
    service.child.kill("SIGTERM");
    expect(await service.exited).toBe(0);
    expect(Date.now() - asked).toBeLessThan(10_000);
    expect(service.output.text).toContain("control service has ended");
    expect(service.output.text).not.toContain(TOKEN);
  });

  test("stores an alert of Alertmanager, and shows it as an incident", async () => {
    const service = await start();
    await untilStatus(service, "/ready", 200);
    const delivery = {
      version: "4",
      groupKey: '{}:{alertname="AgentGone"}',
      status: "firing",
      alerts: [
        {
          status: "firing",
          labels: {
            alertname: "AgentGone",
            fleet: "main-test",
            agent: "billing",
            group: "payments",
            criticality: "P0",
          },
          annotations: { summary: "billing is gone" },
          startsAt: "2026-11-20T17:55:29.772Z",
          endsAt: "0001-01-01T00:00:00Z",
          fingerprint: "27179e6b27eb23ff",
        },
      ],
    };
    const deliver = (token: string) =>
      service.ask("/webhooks/alertmanager", {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(delivery),
      });
    expect((await deliver("a guess")).status).toBe(401);
    expect((await deliver(WEBHOOK_TOKEN)).status).toBe(200);
    expect((await deliver(WEBHOOK_TOKEN)).status).toBe(200);
    const { incidents } = (await (await service.ask("/api/v1/incidents", { headers: authorization })).json()) as {
      incidents: unknown[];
    };
    expect(incidents).toMatchObject([{ alertname: "AgentGone", criticality: "P0", alerts: [{ agent: "billing" }] }]);
  });

  test("accepts a command once per key, and its audit rows stand behind it", async () => {
    const service = await start();
    await untilStatus(service, "/ready", 200);
    const restart = () =>
      service.ask("/api/v1/commands/restart", {
        method: "POST",
        headers: { ...authorization, "content-type": "application/json", "idempotency-key": "main-test-wish" },
        body: JSON.stringify({ input: { who: ["billing"] }, reason: "a test" }),
      });
    const [first, second] = await Promise.all([restart(), restart()]);
    expect([first.status, second.status].toSorted()).toEqual([200, 202]);
    const location = first.headers.get("location") ?? "";
    expect(second.headers.get("location")).toBe(location);
    const { operation } = (await (await service.ask(location, { headers: authorization })).json()) as {
      operation: { id: string };
    };
    const audit = await (
      await service.ask(`/api/v1/audit?operation=${operation.id}`, { headers: authorization })
    ).json();
    expect(audit).toMatchObject({
      rows: expect.arrayContaining([
        expect.objectContaining({ event: "intent", actor: "operator", command: "restart" }),
      ]),
    });
  });

  test("starts without Redis, says so, recovers by itself, and is unready again when it goes", async () => {
    const port = await findFreePort();
    const late = await createTestDatabase();
    const service = await start({ REDIS_URL: `redis://default:test@127.0.0.1:${port}`, DATABASE_URL: late.url });
    expect((await service.ask("/live")).status).toBe(200);
    const unready = await untilStatus(service, "/ready", 503);
    const state = (await unready.json()) as { dependencies: { name: string; state: string }[] };
    expect(state.dependencies.find(({ name }) => name === "redis")?.state).not.toBe("up");
    let redis: RunningRedis | null = null;
    try {
      redis = await startRedis({
        toolsDir: inject("toolsDir"),
        dataDir: join(folder, "redis"),
        logFile: join(folder, "redis.log"),
        port,
        password: "test",
      });
      await untilStatus(service, "/ready", 200);
      await redis.child.stop();
      await untilStatus(service, "/ready", 503);
      expect((await service.ask("/live")).status).toBe(200);
    } finally {
      await redis?.child.stop();
      service.child.kill("SIGTERM");
      await service.exited;
      await late.drop();
    }
  });

  test("says every problem of its configuration at once, and exits 1", async () => {
    const service = await start({ DATABASE_URL: "", REDIS_URL: "nonsense", ROLLCALL_FLEET_KEY: "short" });
    expect(await service.exited).toBe(1);
    expect(service.output.text.split("\n").filter((line) => line.startsWith("  "))).toHaveLength(3);
    expect(service.output.text).toContain("DATABASE_URL is not set");
    expect(service.output.text).not.toContain("nonsense");
  });

  test("names file and line of a bad fleet.yaml, and exits 1", async () => {
    const file = join(folder, "bad.yaml");
    await writeFile(file, FLEET.replace("criticality: P0", "criticality: P9"));
    const service = await start({ ROLLCALL_FLEET_FILE: file });
    expect(await service.exited).toBe(1);
    expect(service.output.text).toMatch(/bad\.yaml:3.*P9.*allowed: P0, P1, P2, P3/);
    expect(service.output.text).not.toMatch(/at .*\.ts:\d+/);
  });

  test("says that its port is taken, and exits 1", async () => {
    const first = await start();
    const port = new URL(/"address":"([^"]+)"/.exec(first.output.text)?.[1] ?? "").port;
    const second = await start({ ROLLCALL_HTTP_PORT: port });
    expect(await second.exited).toBe(1);
    expect(second.output.text).toContain(`cannot listen on 127.0.0.1:${port}: another program has this port`);
  });
});
