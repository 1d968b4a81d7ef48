import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisAclLines } from "@rollcall/core/adapters/redis/agent-access.ts";
import { deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { FLEET_KEY } from "../test/fake-fleet.ts";
import { agents, eventually, startTestExporter } from "../test/test-exporter.ts";

const FLEET = "collectors-test";
let folder: string;
let redis: RunningRedis;
let listeners: Redis[];

// A Redis of its own, because its channels are counted; the exporter comes with its own user, who may only read.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "collectors-"));
  redis = await startRedis({
    toolsDir: inject("toolsDir"),
    dataDir: join(folder, "redis"),
    logFile: join(folder, "redis.log"),
    port: await findFreePort(),
    password: "test",
    aclLines: redisAclLines({ fleet: FLEET, agents }, FLEET_KEY),
  });
  listeners = [new Redis(redis.url), new Redis(redis.url), new Redis(redis.url)];
  await listeners[0]?.subscribe("orders", "stranger");
  await listeners[1]?.subscribe("orders");
  await listeners[2]?.psubscribe("stock.*");
});
afterAll(async () => {
  for (const listener of listeners) listener.disconnect();
  await redis.child.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startWith(text: string) {
  await writeFile(join(folder, "collectors.yaml"), text);
  const { port } = new URL(redis.url);
  const password = deriveRedisPassword(FLEET_KEY, "exporter");
  return startTestExporter(`redis://exporter:${password}@127.0.0.1:${port}`, FLEET, {
    ROLLCALL_COLLECTORS_FILE: join(folder, "collectors.yaml"),
  });
}

describe("the exporter with collectors", () => {
  test("shows what they bring although no fleet is published, and who fails beside who does not", async () => {
    const exporter = await startWith(`
host: { filesystems: [/], everySeconds: 1 }
docker: { socket: ${join(folder, "none.sock")}, containers: [web], everySeconds: 1 }
pubsub: { channels: [orders, silent], everySeconds: 1 }
`);
    try {
      await eventually(exporter, (found) => {
        expect(found.value("rollcall_host_part_present", { name: "/" })).toBe(1);
        expect(found.value("rollcall_bus_channel_subscribers", { channel: "orders" })).toBe(2);
        expect(found.value("rollcall_bus_channel_subscribers", { channel: "silent" })).toBe(0);
        expect(found.value("rollcall_bus_channels")).toBe(2);
        expect(found.value("rollcall_bus_pattern_subscriptions")).toBe(1);
        expect(found.value("rollcall_exporter_collector_unexpected", { collector: "pubsub" })).toBe(1);
        expect(found.value("rollcall_exporter_collector_up", { collector: "host" })).toBe(1);
        expect(found.value("rollcall_exporter_collector_up", { collector: "docker" })).toBe(0);
        expect(found.value("rollcall_exporter_collector_age_seconds", { collector: "docker" })).toBe(Infinity);
        expect(found.series("rollcall_unit_running")).toEqual([]);
        const failures = { collector: "docker", reason: "unavailable" };
        expect(found.value("rollcall_exporter_collector_failures_total", failures)).toBeGreaterThan(0);
      });
    } finally {
      await exporter.stop();
    }
  });

  test("does not start with a file that is wrong, and says where it is", async () => {
    await expect(startWith("host:\n  mounts: [/]\n")).rejects.toThrow(/collectors\.yaml:2: host\.mounts/);
  });

  test("of a Redis Cluster refuses to count channels, which each node knows only for itself", async () => {
    await writeFile(join(folder, "collectors.yaml"), "pubsub: {}\n");
    const environment = { ROLLCALL_COLLECTORS_FILE: join(folder, "collectors.yaml"), ROLLCALL_REDIS_CLUSTER: "true" };
    await expect(startTestExporter(redis.url, FLEET, environment)).rejects.toThrow(/each node of a Redis Cluster/);
  });

  test("as a process names the problems of the file and ends with 1", async () => {
    const file = join(folder, "wrong.yaml");
    await writeFile(file, "cron: { folder: x, jobs: [] }\n");
    const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
      env: {
        ...{ PATH: process.env.PATH, REDIS_URL: redis.url, ROLLCALL_FLEET: FLEET, ROLLCALL_FLEET_KEY: FLEET_KEY },
        ...{
          ROLLCALL_COLLECTORS_FILE: file,
          ROLLCALL_EXPORTER_PORT: "0",
          NODE_V8_COVERAGE: process.env.NODE_V8_COVERAGE,
        },
      },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (said += part.toString()));
    const [code] = await once(child, "close");
    expect(code).toBe(1);
    expect(said).toMatch(/wrong\.yaml:1: cron\.jobs/);
  });
});
