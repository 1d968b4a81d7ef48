import { keysOf } from "@rollcall/core/protocol/keys.ts";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { FakeFleet } from "../test/fake-fleet.ts";
import { agents, eventually, startTestExporter, topics } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "lost-exporter-test";
const keys = keysOf(FLEET);
const redis = new Redis(inject("redisUrl"));
let fleet: FakeFleet;
let exporter: Exporter;

beforeAll(async () => {
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
  await fleet.clear();
  await fleet.publish({ agents, topics });
  exporter = await startTestExporter(inject("redisUrl"), FLEET);
});
afterAll(async () => {
  await exporter.stop();
  await redis.del(keys.lost("stock.reserved"), keys.lost("stock.short"));
  redis.disconnect();
  await fleet.close();
});

describe("the exporter, on events that were cut away", () => {
  const of = (group: string, reason: string, topic = "stock.reserved") => ({ fleet: FLEET, topic, group, reason });

  test("counts them by topic, subscription and reason, from 0 on, and has no series where they cannot be read", async () => {
    await redis.hset(keys.lost("stock.reserved"), { "billing undelivered": 37, "billing in-hand": 16 });
    await redis.set(keys.lost("stock.short"), "no hash");
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_bus_lost_total", of("billing", "undelivered"))).toBe(37);
      expect(found.value("rollcall_bus_lost_total", of("billing", "in-hand"))).toBe(16);
      expect(found.value("rollcall_bus_lost_total", of("invoices", "undelivered"))).toBe(0);
      expect(found.series("rollcall_bus_lost_total", { topic: "stock.short" })).toEqual([]);
    });
  });
});
