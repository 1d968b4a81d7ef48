import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { expectAgent, FakeFleet, type Scrape } from "../test/fake-fleet.ts";
import { eventually, startTestExporter } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "foreign-exporter-test";
const KEY = "foreign-exporter-test:alive";
const keys = keysOf(FLEET);
const agents = [
  expectAgent("batch", { presence: "supervisor" }),
  expectAgent("crm", { presence: "heartbeat", heartbeat: { key: KEY, time: "iso", maxAgeSeconds: 600 } }),
  expectAgent("billing"),
];
const redis = new Redis(inject("redisUrl"));
let fleet: FakeFleet;
let exporter: Exporter;

beforeAll(() => {
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
});
afterAll(async () => {
  await redis.del(KEY);
  redis.disconnect();
  await fleet.close();
});
beforeEach(async () => {
  await fleet.clear();
  await redis.del(KEY, keys.processes);
  await fleet.publish({ agents, topics: [] });
  exporter = await startTestExporter(inject("redisUrl"), FLEET);
});
afterEach(() => exporter.stop());

const rungOf = (found: Scrape, agent: string) => found.value("rollcall_agent_rung", { agent });

describe("the exporter, on agents that do not speak the protocol", () => {
  test("shows the rung that is proven and the highest that is provable, and no counts, not even 0", async () => {
    await redis.set(KEY, new Date().toISOString());
    await redis.hset(keys.processes, "batch", `up ${Date.now()}`);
    await eventually(exporter, (found) => {
      expect(rungOf(found, "crm")).toBe(2);
      expect(rungOf(found, "batch")).toBe(1);
      expect(found.value("rollcall_agent_provable_rung", { agent: "crm" })).toBe(2);
      expect(found.value("rollcall_agent_provable_rung", { agent: "batch" })).toBe(1);
      expect(found.series("rollcall_agent_provable_rung", { agent: "billing" })).toEqual([]);
      expect(found.value("rollcall_agent_health_code", { agent: "crm" })).toBe(0);
      expect(found.value("rollcall_fleet_agents_judged", { verdict: "up" })).toBe(2);
      for (const agent of ["crm", "batch"]) {
        expect(found.series("rollcall_agent_tasks_total", { agent })).toEqual([]);
        expect(found.series("rollcall_agent_tasks_failed_total", { agent })).toEqual([]);
        const all = found.text.split("\n").filter((line) => line.includes(`agent="${agent}"`));
        expect(all.length).toBeLessThanOrEqual(6);
      }
    });
  });

  test("a heartbeat too old and a process that has ended stand on rung 0", async () => {
    await redis.set(KEY, new Date(Date.now() - 6_000_000).toISOString());
    await redis.hset(keys.processes, "batch", `down ${Date.now()}`);
    await eventually(exporter, (found) => {
      expect(rungOf(found, "batch")).toBe(0);
      expect(found.value("rollcall_agent_health_code", { agent: "batch" })).toBe(3);
    });
  });

  test.each([
    ["nobody has looked at its process", null],
    ["nobody has looked for 30 s", `up ${Date.now() - 60_000}`],
    ["what stands there is no mark", "up soon"],
  ])("it has no rung while %s", async (_, mark) => {
    if (mark !== null) await redis.hset(keys.processes, "batch", mark);
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_agent_health_code", { agent: "batch" })).toBe(0);
      expect(found.series("rollcall_agent_rung", { agent: "batch" })).toEqual([]);
    });
  });
});
