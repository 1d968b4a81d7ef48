import { INBOX_GROUP, keysOf } from "@rollcall/core/protocol/keys.ts";
import { deriveAgentKey, seal } from "@rollcall/core/protocol/seal.ts";
import { type ClusterUnderTest, startRedisCluster } from "@rollcall/test/redis-cluster.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { beatOf, compileFleet, expectAgent, FLEET_KEY } from "../test/fake-fleet.ts";
import { eventually, startTestExporter } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "cluster-test";
const keys = keysOf(FLEET);
const ids = Array.from({ length: 12 }, (_, index) => `agent-${index}`);
const topics = Array.from({ length: 12 }, (_, index) => `orders.topic-${index}`);
const MOVED = topics[3] as string;

let cluster: ClusterUnderTest;
let exporter: Exporter;

beforeAll(async () => {
  cluster = await startRedisCluster(inject("toolsDir"));
  const { client } = cluster;
  const agents = ids.map((id) => expectAgent(id, { consumes: ["orders.*"] }));
  await client.set(keys.fleet, JSON.stringify(compileFleet(FLEET, { agents, topics })));
  await client.set(keys.canaryRound, Date.now());
  for (const topic of topics) {
    await client.xadd(keys.topic(topic), "*", "e", "{}");
    await client.xgroup("CREATE", keys.topic(topic), ids[0] as string, "0");
  }
  for (const id of ids) await client.xgroup("CREATE", keys.inbox(id), INBOX_GROUP, "0", "MKSTREAM");
  await client.xadd(keys.inbox(ids[5] as string), "*", "m", "x");
  exporter = await startTestExporter(cluster.url, FLEET, { ROLLCALL_REDIS_CLUSTER: "true" });
});
afterAll(async () => {
  await exporter.stop();
  await cluster.stop();
});

async function beatAll(counter: number): Promise<void> {
  for (const id of ids) {
    const now = Date.now();
    await cluster.client.zadd(keys.beats, now, id);
    await cluster.client.hset(keys.presence, id, seal(deriveAgentKey(FLEET_KEY, id), beatOf(id, now, { counter })));
  }
}

describe("the exporter, on a Redis Cluster of three nodes", () => {
  test("shows agents, inboxes and topics, wherever their keys lie", async () => {
    const holders = await Promise.all(topics.map((topic) => cluster.holderOf(keys.topic(topic))));
    expect(new Set(holders)).toEqual(new Set([0, 1, 2]));
    await beatAll(1);
    await eventually(exporter, (found) => {
      for (const agent of ids) expect(found.value("rollcall_agent_rung", { agent })).toBe(5);
      for (const topic of topics) {
        expect(found.value("rollcall_bus_events_total", { topic })).toBe(1);
        expect(found.value("rollcall_bus_group_lag", { topic, group: "agent-0" })).toBe(1);
      }
      expect(found.value("rollcall_bus_inbox_waiting")).toBe(1);
    });
  });

  test("follows a topic whose slot has moved to another node", async () => {
    const before = await cluster.holderOf(keys.topic(MOVED));
    await cluster.moveSlotOf(keys.topic(MOVED));
    expect(await cluster.holderOf(keys.topic(MOVED))).not.toBe(before);
    await cluster.client.xadd(keys.topic(MOVED), "*", "e", "{}");
    await eventually(exporter, (found) => expect(found.value("rollcall_bus_events_total", { topic: MOVED })).toBe(2));
  });

  test("shows nothing of fleet and bus, rather than a part, when a node is gone", async () => {
    await cluster.endNode(2);
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_exporter_redis_up")).toBe(0);
      expect(found.value("rollcall_exporter_not_measuring", { reason: "unreachable" })).toBe(1);
      expect(found.series("rollcall_bus_events_total")).toEqual([]);
    });
  });
});
