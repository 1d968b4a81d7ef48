import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { FakeFleet, figuresOf } from "../test/fake-fleet.ts";
import { agents, eventually, startTestExporter, topics } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "agent-details-test";
const billing = { agent: "billing" };

let fleet: FakeFleet;
let exporter: Exporter;

beforeAll(() => {
  fleet = new FakeFleet(inject("redisUrl"), FLEET);
});
afterAll(() => fleet.close());
beforeEach(async () => {
  await fleet.clear();
  await fleet.publish({ agents, topics });
  exporter = await startTestExporter(inject("redisUrl"), FLEET);
});
afterEach(() => exporter.stop());

const figures = figuresOf({
  busySeconds: 12.5,
  deliveries: 40,
  redeliveries: 3,
  calls: { "card-network": { done: 30, failed: 2, limit: 100, remaining: 68, resetsAt: 1_800_000_000_000 } },
  disk: { readBytes: 4096, writtenBytes: 8192 },
  network: { receivedBytes: 1000, sentBytes: 500 },
});

describe("the details of an agent", () => {
  test("show what its heartbeat says it uses and does", async () => {
    const startedAt = 1_790_000_000_500;
    const canary = { handledAt: Date.now(), tookMs: 40, waitingSince: null };
    const resources = { cpuSeconds: 7.5, rssBytes: 70_000_000, eventLoopDelaySeconds: 0.002, clockSkewMs: -30 };
    await fleet.beat("billing", { startedAt, canary, ...resources, activity: "processing", inFlight: 1, figures });
    await eventually(exporter, (found) => {
      const shown = (name: string) => found.value(`rollcall_agent_${name}`, billing);
      expect(shown("start_timestamp_seconds")).toBe(1_790_000_000.5);
      expect(shown("epoch")).toBe(1);
      expect(shown("activity_code")).toBe(2);
      expect(shown("in_flight")).toBe(1);
      expect(shown("canary_wait_seconds")).toBe(0.04);
      expect(shown("cpu_seconds_total")).toBe(7.5);
      expect(shown("resident_memory_bytes")).toBe(70_000_000);
      expect(shown("event_loop_delay_seconds")).toBe(0.002);
      expect(shown("clock_skew_seconds")).toBe(-0.03);
      expect(shown("busy_seconds_total")).toBe(12.5);
      expect(shown("deliveries_total")).toBe(40);
      expect(shown("redeliveries_total")).toBe(3);
      expect(shown("disk_written_bytes_total")).toBe(8192);
      expect(shown("network_received_bytes_total")).toBe(1000);
      expect(found.value("rollcall_agent_info", { ...billing, version: "1.0.0", host: "host" })).toBe(1);
    });
  });

  test("show outside calls against their limit, by API", async () => {
    await fleet.beat("billing", { figures });
    await eventually(exporter, (found) => {
      const of = { ...billing, api: "card-network" };
      expect(found.value("rollcall_agent_api_calls_total", { ...of, outcome: "failed" })).toBe(2);
      expect(found.value("rollcall_agent_api_calls_limit", of)).toBe(100);
      expect(found.value("rollcall_agent_api_calls_remaining", of)).toBe(68);
      expect(found.value("rollcall_agent_api_window_end_timestamp_seconds", of)).toBe(1_800_000_000);
    });
  });

  test("an agent that measures none of them has no such series, and the others stay", async () => {
    await fleet.beat("billing");
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_agent_cpu_seconds_total", billing)).toBe(1);
      for (const name of ["busy_seconds_total", "disk_read_bytes_total", "api_calls_total"])
        expect(found.series(`rollcall_agent_${name}`)).toEqual([]);
    });
  });

  test("end when the heartbeat is too old, while the count of its tasks stays", async () => {
    await fleet.beat("billing", { at: (await fleet.now()) - 20_000, figures });
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_agent_tasks_total", billing)).toBe(0);
      expect(found.value("rollcall_agent_rung", billing)).toBe(0);
      for (const name of ["cpu_seconds_total", "resident_memory_bytes", "info", "api_calls_total", "activity_code"])
        expect(found.series(`rollcall_agent_${name}`)).toEqual([]);
    });
  });
});

describe("how long events take, over the fleet", () => {
  const stages = { total: { first: 0, counts: [0, 2], sumSeconds: 2.2 } };
  // After the exporter, or its counts are taken for old ones.
  const beatLater = async () =>
    fleet.beat("billing", { startedAt: (await fleet.now()) + 1000, figures: figuresOf({ stages }) });

  test("stands in buckets of 19 %", async () => {
    await eventually(exporter, (found) => expect(found.value("rollcall_fleet_agents_expected")).toBe(2));
    await beatLater();
    await eventually(exporter, (found) => {
      const bucket = (le: string) => found.value("rollcall_bus_publish_to_done_seconds_bucket", { fleet: FLEET, le });
      expect(bucket("1")).toBe(0);
      expect(bucket("1.18921")).toBe(2);
      expect(bucket("+Inf")).toBe(2);
      expect(found.value("rollcall_bus_publish_to_done_seconds_sum")).toBe(2.2);
    });
  });
});

describe("the subscriptions of a topic", () => {
  const stream = () => fleet.keys.topic("stock.reserved");

  test("are counted as declared and as begun, with what was handed to them", async () => {
    for (let event = 0; event < 3; event += 1) await fleet.redis.xadd(stream(), "*", "e", "{}");
    await fleet.redis.xgroup("CREATE", stream(), "billing", "0");
    await fleet.redis.xreadgroup("GROUP", "billing", "billing", "COUNT", 2, "STREAMS", stream(), ">");
    await eventually(exporter, (found) => {
      const of = { topic: "stock.reserved" };
      expect(found.value("rollcall_bus_subscriptions_declared", of)).toBe(2);
      expect(found.value("rollcall_bus_subscriptions", of)).toBe(1);
      expect(found.value("rollcall_bus_group_deliveries_total", { ...of, group: "billing" })).toBe(2);
      expect(found.series("rollcall_bus_group_deliveries_total", { ...of, group: "invoices" })).toEqual([]);
    });
  });
});

describe("what is wanted of the fleet", () => {
  test("is counted by state, each there from the beginning", async () => {
    const [first, second] = agents;
    if (first === undefined || second === undefined) throw new Error("two agents are expected");
    const desired = { state: "stopped", by: "anna", since: 1, reason: "repair" } as const;
    await fleet.publish({ agents: [first, { ...second, desired }], topics });
    await eventually(exporter, (found) => {
      const of = (state: string) => found.value("rollcall_fleet_agents_desired", { state });
      expect([of("running"), of("stopped"), of("paused")]).toEqual([1, 1, 0]);
    });
  });
});
