import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisAclLines } from "@rollcall/core/adapters/redis/agent-access.ts";
import { deriveRedisPassword } from "@rollcall/core/protocol/seal.ts";
import { findFreePort } from "@rollcall/local/tools/free-port.ts";
import { type RunningRedis, startRedis } from "@rollcall/local/tools/redis-server.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { FakeFleet, FLEET_KEY, scrape } from "../test/fake-fleet.ts";
import { agents, eventually, startTestExporter, topics } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "outage-test";
const billing = { fleet: FLEET, agent: "billing" };

let scratch: string;
let port: number;
let redis: RunningRedis;
let fleet: FakeFleet;
let exporter: Exporter;

// A Redis of its own, because it is stopped; the exporter comes with its own user, who may only read.
const startOwnRedis = async (): Promise<RunningRedis> =>
  startRedis({
    toolsDir: inject("toolsDir"),
    dataDir: join(scratch, "redis"),
    logFile: join(scratch, "redis.log"),
    port,
    password: "test",
    aclLines: redisAclLines({ fleet: FLEET, agents }, FLEET_KEY),
  });

const startOwnExporter = (environment: Record<string, string> = {}): Promise<Exporter> =>
  startTestExporter(
    `redis://exporter:${deriveRedisPassword(FLEET_KEY, "exporter")}@127.0.0.1:${port}`,
    FLEET,
    environment,
  );

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "rollcall-exporter-"));
  port = await findFreePort();
  redis = await startOwnRedis();
  fleet = new FakeFleet(redis.url, FLEET);
});
afterAll(async () => {
  fleet.close();
  await redis.child.stop();
  await rm(scratch, { recursive: true, force: true });
});
beforeEach(async () => {
  await fleet.clear();
  await fleet.publish({ agents, topics });
  exporter = await startOwnExporter();
});
afterEach(() => exporter.stop());

describe("the exporter, when it cannot read", () => {
  const health = async (path: string) => {
    const response = await fetch(`${exporter.url}${path}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test("says that no fleet is published, and shows no agent", async () => {
    await fleet.redis.del(fleet.keys.fleet);
    const other = await startOwnExporter();
    try {
      await eventually(other, (found) => {
        expect(found.series("rollcall_fleet_agents_expected")).toEqual([]);
        expect(found.value("rollcall_exporter_not_measuring", { reason: "no-fleet" })).toBe(1);
        expect(found.value("rollcall_exporter_redis_up")).toBe(1);
        expect(found.text).toContain("rollcall_exporter_snapshot_age_seconds +Inf");
      });
    } finally {
      await other.stop();
    }
  });

  test.each([
    ["no JSON", "{"],
    ["another fleet", JSON.stringify({ v: 1, fleet: "other", version: 1, at: 0, agents: [], topics: [] })],
    ["an unknown version", JSON.stringify({ v: 2, fleet: FLEET, version: 1, at: 0, agents: [], topics: [] })],
  ])("a published fleet that is %s is refused", async (_, text) => {
    await fleet.redis.set(fleet.keys.fleet, text);
    await eventually(exporter, (found) =>
      expect(found.value("rollcall_exporter_not_measuring", { reason: "bad-fleet" })).toBe(1),
    );
  });

  test("a scrape does not wait for Redis", async () => {
    await fleet.beat("billing");
    await eventually(exporter, (found) => expect(found.value("rollcall_agent_rung", billing)).toBe(5));
    await fleet.redis.client("PAUSE", 2500, "ALL");
    const startedAt = performance.now();
    const found = await scrape(exporter.url, 1500);
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(found.value("rollcall_agent_rung", billing)).toBe(5);
    await fleet.redis.client("UNPAUSE");
  });

  test("without Redis the series vanish, the exporter says why, and they return with Redis", async () => {
    await fleet.beat("billing");
    await eventually(exporter, (found) => expect(found.value("rollcall_agent_rung", billing)).toBe(5));
    expect(await health("/ready")).toMatchObject({ status: 200, body: { ready: true, problem: null } });
    await redis.child.stop();
    await eventually(exporter, (found) => {
      expect(found.text).not.toMatch(/^rollcall_(agent|fleet|bus)/m);
      expect(found.value("rollcall_exporter_redis_up")).toBe(0);
      expect(found.value("rollcall_exporter_snapshot_age_seconds")).toBeGreaterThan(2);
      expect(found.value("rollcall_exporter_not_measuring", { reason: "unreachable" })).toBe(1);
      expect(found.value("rollcall_exporter_refresh_failures_total", { reason: "unreachable" })).toBeGreaterThan(0);
    });
    expect(await health("/ready")).toMatchObject({ status: 503, body: { problem: "Redis cannot be reached" } });
    expect(await health("/health")).toMatchObject({ status: 200, body: { status: "healthy", ready: false } });
    expect((await health("/live")).status).toBe(200);
    redis = await startOwnRedis();
    await fleet.beat("billing");
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_agent_rung", billing)).toBe(5);
      expect(found.value("rollcall_exporter_not_measuring", { reason: "unreachable" })).toBe(0);
    });
    expect((await health("/ready")).status).toBe(200);
  });

  test("an exporter that starts without Redis answers, and shows the fleet when Redis is there", async () => {
    await redis.child.stop();
    const other = await startOwnExporter();
    try {
      await eventually(other, (found) => expect(found.value("rollcall_exporter_redis_up")).toBe(0));
      redis = await startOwnRedis();
      await eventually(other, (found) => expect(found.value("rollcall_fleet_agents_expected")).toBe(2));
    } finally {
      await other.stop();
    }
  });

  test("a user that Redis refuses is named as the reason", async () => {
    const other = await startOwnExporter({ REDIS_URL: `redis://exporter:wrong@127.0.0.1:${port}` });
    try {
      await eventually(other, (found) =>
        expect(found.value("rollcall_exporter_not_measuring", { reason: "refused" })).toBe(1),
      );
    } finally {
      await other.stop();
    }
  });

  test("a taken port ends the start", async () => {
    const taken = new URL(exporter.url).port;
    await expect(startOwnExporter({ ROLLCALL_EXPORTER_PORT: taken })).rejects.toThrow(/EADDRINUSE/);
  });
});
