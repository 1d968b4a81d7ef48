import { deriveAgentKey } from "@rollcall/core/protocol/seal.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { beatOf, expectAgent, FakeFleet, FLEET_KEY, type Scrape, scrape, totals } from "../test/fake-fleet.ts";
import { agents, eventually, startTestExporter, topics } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "exporter-test";
const billing = { fleet: FLEET, agent: "billing", group: "orders", criticality: "P0", owner: "payments" };

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

describe("the exporter, on agents", () => {
  test("shows an agent that works, with the labels that alerts need", async () => {
    await fleet.beat("billing");
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_agent_rung", billing)).toBe(5);
      expect(found.value("rollcall_agent_health_code", billing)).toBe(1);
      expect(found.value("rollcall_agent_tasks_total", billing)).toBe(0);
      expect(found.value("rollcall_agent_last_heartbeat_timestamp_seconds", billing)).toBeCloseTo(
        Date.now() / 1000,
        -2,
      );
    });
  });

  test("publishes nothing about an agent it does not know: no rung, no last heartbeat, no item in hand", async () => {
    await fleet.beat("invoices", {
      canary: { handledAt: null, tookMs: null, waitingSince: null },
      startedAt: Date.now(),
    });
    await eventually(exporter, (found) => {
      const invoices = { agent: "invoices" };
      expect(found.value("rollcall_agent_health_code", invoices)).toBe(0);
      expect(found.series("rollcall_agent_rung", invoices)).toEqual([]);
      expect(found.series("rollcall_agent_oldest_in_flight_timestamp_seconds")).toEqual([]);
      expect(found.series("rollcall_agent_last_heartbeat_timestamp_seconds", { agent: "billing" })).toEqual([]);
    });
  });

  test("counts the fleet by health, activity and verdict, each value there from the beginning", async () => {
    await fleet.beat("billing", { activity: "processing" });
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_fleet_agents_expected", { fleet: FLEET })).toBe(2);
      expect(found.value("rollcall_fleet_agents", { health: "healthy" })).toBe(1);
      expect(found.value("rollcall_fleet_agents", { health: "off" })).toBe(0);
      expect(found.value("rollcall_fleet_agents_doing", { activity: "processing" })).toBe(1);
      expect(found.value("rollcall_fleet_agents_doing", { activity: "unknown" })).toBe(1);
      expect(found.value("rollcall_fleet_agents_judged", { verdict: "working" })).toBe(1);
      expect(found.value("rollcall_fleet_agents_judged", { verdict: "deaf" })).toBe(0);
    });
  });

  test("an agent that is expected no more has no series", async () => {
    await fleet.beat("billing");
    await fleet.beat("invoices");
    await eventually(exporter, (found) => expect(found.value("rollcall_agent_rung", { agent: "invoices" })).toBe(5));
    await fleet.publish({ agents: agents.slice(0, 1), topics, version: 2 });
    await eventually(exporter, (found) => {
      expect(found.text).not.toContain('agent="invoices"');
      expect(found.value("rollcall_agent_rung", billing)).toBe(5);
      expect(found.value("rollcall_fleet_version")).toBe(2);
      expect(found.value("rollcall_fleet_agents_unexpected")).toBe(1);
    });
  });

  test("an agent that is off on purpose has health code 4", async () => {
    const desired = { state: "stopped" as const, by: "operator", since: 0, reason: null };
    await fleet.publish({ agents: [expectAgent("billing", { desired })], topics, version: 3 });
    await eventually(exporter, (found) =>
      expect(found.value("rollcall_agent_health_code", { agent: "billing" })).toBe(4),
    );
  });

  test("a forged beat is refused and counted, and the agent's own one stays", async () => {
    await fleet.beat("billing", { activity: "idle" });
    await eventually(exporter, (found) => expect(found.value("rollcall_agent_rung", billing)).toBe(5));
    const forged = beatOf("billing", await fleet.now(), { counter: 1_000_000, activity: "error" });
    await fleet.write("billing", forged, deriveAgentKey(FLEET_KEY, "invoices"));
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_fleet_beats_refused_total")).toBe(1);
      expect(found.value("rollcall_fleet_agents_doing", { activity: "error" })).toBe(0);
      expect(found.value("rollcall_agent_rung", billing)).toBe(5);
    });
  });

  test("totals and latencies stay monotone when an agent starts again", async () => {
    const tasks = (done: number) => ({ "stock.reserved": totals(done) });
    const startedAt = (await fleet.now()) + 60_000;
    const latency = (found: Scrape, le: string) =>
      found.value("rollcall_bus_publish_to_handle_seconds_bucket", { topic: "stock.reserved", le });
    await fleet.beat("billing", { epoch: 5, tasks: tasks(40), startedAt });
    await eventually(exporter, (found) => expect(found.value("rollcall_agent_tasks_total", billing)).toBe(40));
    await fleet.beat("billing", { epoch: 6, tasks: tasks(2), startedAt });
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_agent_tasks_total", billing)).toBe(42);
      expect(latency(found, "0.005")).toBe(0);
      expect(latency(found, "0.01")).toBe(42);
      expect(latency(found, "+Inf")).toBe(42);
      const histogram = "rollcall_bus_publish_to_handle_seconds";
      expect(found.value(`${histogram}_count`, { topic: "stock.reserved" })).toBe(42);
      expect(found.value(`${histogram}_sum`, { topic: "stock.reserved" })).toBeCloseTo(0.42);
    });
  });

  test("an exporter that starts again counts nothing twice", async () => {
    await fleet.beat("billing", { tasks: { "stock.reserved": totals(40) } });
    await eventually(exporter, (found) => expect(found.value("rollcall_agent_rung", billing)).toBe(5));
    const second = await startTestExporter(inject("redisUrl"), FLEET);
    try {
      await eventually(second, (found) => expect(found.value("rollcall_agent_rung", billing)).toBe(5));
      expect((await scrape(second.url)).value("rollcall_agent_tasks_total", billing)).toBe(0);
    } finally {
      await second.stop();
    }
  });
});

describe("the exporter, on the bus", () => {
  const lag = (found: Scrape, group: string, topic = "stock.reserved") => ({
    lag: found.value("rollcall_bus_group_lag", { topic, group }),
    unknown: found.value("rollcall_bus_group_lag_unknown", { topic, group }),
    pending: found.value("rollcall_bus_group_pending", { topic, group }),
  });

  test("shows rate, length, lag and what is in hand, from what Redis counts", async () => {
    const stream = fleet.keys.topic("stock.reserved");
    await fleet.redis.xgroup("CREATE", stream, "billing", "0", "MKSTREAM");
    for (let index = 0; index < 5; index += 1) await fleet.redis.xadd(stream, "*", "e", "{}");
    await fleet.redis.xreadgroup("GROUP", "billing", "billing", "COUNT", 2, "STREAMS", stream, ">");
    await fleet.redis.xtrim(stream, "MAXLEN", 4);
    await fleet.redis.xadd(fleet.keys.deadLetters("stock.reserved"), "*", "e", "{}", "reason", "x");
    await eventually(exporter, (found) => {
      expect(found.value("rollcall_bus_events_total", { topic: "stock.reserved" })).toBe(5);
      expect(found.value("rollcall_bus_stream_entries", { topic: "stock.reserved" })).toBe(4);
      expect(found.value("rollcall_bus_dead_letters_total", { topic: "stock.reserved" })).toBe(1);
      expect(found.value("rollcall_bus_dead_letters_total", { topic: "stock.short" })).toBe(0);
      expect(lag(found, "billing")).toEqual({ lag: 3, unknown: 0, pending: 2 });
    });
  });

  test("a lag that Redis cannot tell is absent, not 0", async () => {
    const stream = fleet.keys.topic("stock.reserved");
    await fleet.redis.xgroup("CREATE", stream, "billing", "0", "MKSTREAM");
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1) ids.push((await fleet.redis.xadd(stream, "*", "e", "{}")) as string);
    await fleet.redis.xdel(stream, ids[2] as string);
    await fleet.redis.xgroup("CREATE", stream, "invoices", ids[1] as string);
    await eventually(exporter, (found) => {
      expect(lag(found, "billing")).toEqual({ lag: undefined, unknown: 1, pending: 0 });
      expect(lag(found, "invoices")).toEqual({ lag: undefined, unknown: 1, pending: 0 });
    });
  });

  test("a subscription that does not exist yet is unknown", async () => {
    await eventually(exporter, (found) => {
      expect(lag(found, "billing")).toEqual({ lag: undefined, unknown: 1, pending: undefined });
      expect(found.value("rollcall_bus_events_total", { topic: "stock.reserved" })).toBe(0);
    });
  });

  test("a key of another kind in a stream's place takes only that stream's series away", async () => {
    await fleet.redis.set(fleet.keys.topic("stock.reserved"), "not a stream");
    await eventually(exporter, (found) => {
      expect(found.series("rollcall_bus_events_total", { topic: "stock.reserved" })).toEqual([]);
      expect(found.value("rollcall_bus_events_total", { topic: "stock.short" })).toBe(0);
    });
  });
});
