import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { FakeFleet, type Scrape } from "../test/fake-fleet.ts";
import { agents, eventually, startTestExporter, topics } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "hostile-test";
const HOSTILE = 100_000;
const GROUPS = 200;
const PART = 10_000;
const hostile = Array.from({ length: HOSTILE }, (_, index) => `x"}\n{rollcall_agent_rung ${index}`);

let fleet: FakeFleet;
let exporter: Exporter;
beforeAll(async () => {
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
  await fleet.clear();
  await fleet.publish({ agents, topics });
  exporter = await startTestExporter(inject("redisUrl"), FLEET);
  for (const { id } of agents) await fleet.beat(id);
});
afterAll(async () => {
  await exporter.stop();
  await fleet.clear();
  fleet.close();
});

const named = ({ text }: Scrape): string[] =>
  text.split("\n").flatMap((line) => /^rollcall_(?:agent|bus|fleet)\S*(?:\{.*\})?/.exec(line)?.[0].trim() ?? []);

describe("100,000 names that nobody expects", () => {
  test("make no series, and what is expected is shown as before", { timeout: 60_000 }, async () => {
    let before: string[] = [];
    await eventually(exporter, (found) => {
      expect(found.series("rollcall_agent_rung")).toHaveLength(2);
      before = named(found);
    });
    const stream = fleet.keys.topic("stock.reserved");
    const pipeline = fleet.redis.pipeline();
    for (const name of hostile.slice(0, GROUPS)) pipeline.xgroup("CREATE", stream, name, "0", "MKSTREAM");
    const parts = Array.from({ length: HOSTILE / PART }, (_, part) => hostile.slice(part * PART, (part + 1) * PART));
    for (const part of parts) pipeline.hset(fleet.keys.presence, ...part.flatMap((name) => [name, "v1.forged"]));
    await pipeline.exec();
    const now = await fleet.now();
    const beats = fleet.redis.pipeline();
    for (const part of parts) beats.zadd(fleet.keys.beats, ...part.flatMap((name) => [now, name]));
    await beats.exec();
    for (const { id } of agents) await fleet.beat(id);
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_fleet_agents_unexpected")).toBe(HOSTILE);
      expect(found.value("rollcall_bus_groups_unexpected")).toBe(GROUPS);
      expect(found.value("rollcall_agent_rung", { agent: "billing" })).toBe(5);
      expect(named(found)).toEqual(before);
    });
  });
});
