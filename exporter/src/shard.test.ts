import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { expectAgent, FakeFleet, type Scrape, scrape } from "../test/fake-fleet.ts";
import { eventually, startTestExporter } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";
import { isOfShard } from "./shard.ts";

const FLEET = "shard-test";
const topics = ["stock.reserved", "stock.short", "orders.created", "orders.paid"];
const agents = Array.from({ length: 20 }, (_, index) =>
  expectAgent(`agent-${index}`, { consumes: index === 0 ? ["stock.*", "orders.*"] : [] }),
);

let fleet: FakeFleet;
let exporters: readonly Exporter[];
beforeAll(async () => {
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
  await fleet.clear();
  await fleet.publish({ agents, topics });
  for (const topic of topics) await fleet.redis.xadd(fleet.keys.topic(topic), "*", "e", "{}");
  const start = (index: number) =>
    startTestExporter(inject("redisUrl"), FLEET, { ROLLCALL_EXPORTER_SHARD: `${index}/3` });
  exporters = await Promise.all([0, 1, 2].map(start));
  for (const { id } of agents) await fleet.beat(id);
  for (const stranger of ["stranger-a", "stranger-b", "stranger-c"]) await fleet.beat(stranger);
});
afterAll(async () => {
  await Promise.all(exporters.map((exporter) => exporter.stop()));
  await fleet.clear();
  fleet.close();
});

describe("three exporters that share a fleet", () => {
  test("show every agent, topic and subscription exactly once between them", async () => {
    for (const exporter of exporters)
      await eventually(exporter, (found) => expect(found.series("rollcall_fleet_agents_expected")).toHaveLength(1));
    const all = await Promise.all(exporters.map(({ url }) => scrape(url)));
    const series = (name: string) => all.flatMap((one) => one.series(name));
    for (const [name, count] of [
      ["rollcall_agent_rung", 20],
      ["rollcall_bus_events_total", 4],
      ["rollcall_bus_group_lag_unknown", 4],
      ["rollcall_bus_subscription_dead", 4],
    ] as const) {
      expect(series(name)).toHaveLength(count);
      expect(new Set(series(name)).size).toBe(count);
    }
  });

  test("have sums that are those of the fleet, strangers among them", async () => {
    const newest = new Map<Exporter, Scrape>();
    const sum = (name: string, labels = {}) =>
      [...newest.values()].reduce((total, one) => total + (one.value(name, labels) ?? Number.NaN), 0);
    await vi.waitFor(
      async () => {
        for (const { id } of agents) await fleet.beat(id);
        for (const exporter of exporters) newest.set(exporter, await scrape(exporter.url));
        expect(sum("rollcall_fleet_agents_expected")).toBe(20);
        expect(sum("rollcall_fleet_agents", { health: "healthy" })).toBe(20);
        expect(sum("rollcall_fleet_agents_unexpected")).toBe(3);
      },
      { timeout: 15_000, interval: 100 },
    );
  });
});

describe("isOfShard", () => {
  test("gives each of 10,000 names to one of eight, and to each of them about as many", () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `agent-${index}`);
    const sizes = Array.from(
      { length: 8 },
      (_, index) => names.filter((name) => isOfShard(name, { index, count: 8 })).length,
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBe(10_000);
    for (const size of sizes) expect(Math.abs(size - 1250)).toBeLessThan(125);
  });
});
