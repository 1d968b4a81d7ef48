import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { FakeFleet } from "../test/fake-fleet.ts";
import { agents, eventually, startTestExporter, topics } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "group-details-test";
const billing = { fleet: FLEET, topic: "stock.reserved", group: "billing" };
const READ = "rollcall_bus_group_last_read_timestamp_seconds";
const OLDEST = "rollcall_bus_group_oldest_pending_timestamp_seconds";
const DELIVERIES = "rollcall_bus_group_oldest_pending_deliveries";

let fleet: FakeFleet;
let exporter: Exporter;
let stream: string;

beforeAll(() => {
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
  stream = fleet.keys.topic("stock.reserved");
});
afterAll(() => fleet.close());
beforeEach(async () => {
  await fleet.clear();
  await fleet.publish({ agents, topics });
  await fleet.redis.xgroup("CREATE", stream, "billing", "0", "MKSTREAM");
  exporter = await startTestExporter(inject("redisUrl"), FLEET);
});
afterEach(() => exporter.stop());

const take = () => fleet.redis.xreadgroup("GROUP", "billing", "billing", "COUNT", 1, "STREAMS", stream, ">");

test("of a group that nobody has read with, nothing is told", async () => {
  await eventually(exporter, (found) => {
    expect(found.value("rollcall_bus_group_pending", billing)).toBe(0);
    for (const name of [READ, OLDEST, DELIVERIES]) expect(found.series(name)).toEqual([]);
  });
});

test("what is in hand longest is shown with its time and how often it was handed out, until it is done", async () => {
  const id = (await fleet.redis.xadd(stream, "1700000000000-1", "e", "{}")) as string;
  await fleet.redis.xadd(stream, "*", "e", "{}");
  await take();
  await take();
  await eventually(exporter, (found) => {
    expect(found.value(OLDEST, billing)).toBe(1_700_000_000);
    expect(found.value(DELIVERIES, billing)).toBe(1);
  });
  await fleet.redis.xclaim(stream, "billing", "billing", 0, id);
  await eventually(exporter, (found) => expect(found.value(DELIVERIES, billing)).toBe(2));
  await fleet.redis.xack(stream, "billing", id);
  await eventually(exporter, (found) => {
    expect(found.value(OLDEST, billing)).toBeGreaterThan(1_700_000_000);
    expect(found.value(DELIVERIES, billing)).toBe(1);
  });
});

test("when a subscription asked last is told by the consumer that did", async () => {
  await fleet.redis.xadd(stream, "*", "e", "{}");
  const before = await fleet.now();
  await take();
  await fleet.redis.xgroup("CREATECONSUMER", stream, "billing", "another");
  await eventually(exporter, (found) => {
    const readAt = (found.value(READ, billing) as number) * 1000;
    // Redis rounds how long ago it was to a millisecond.
    expect(readAt).toBeGreaterThanOrEqual(before - 5);
  });
});

test("groups that nobody expects are not looked into", async () => {
  await fleet.redis.xgroup("CREATE", stream, "stranger", "0");
  await fleet.redis.xadd(stream, "*", "e", "{}");
  await fleet.redis.xreadgroup("GROUP", "stranger", "x", "COUNT", 1, "STREAMS", stream, ">");
  await eventually(exporter, (found) => {
    expect(found.value("rollcall_bus_groups_unexpected")).toBe(1);
    expect(found.text).not.toContain("stranger");
  });
});
