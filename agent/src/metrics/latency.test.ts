import { LATENCY_BUCKETS_SECONDS, taskTotals } from "@rollcall/core/protocol.ts";
import { describe, expect, test } from "vitest";
import { createTaskMeter, createTaskMeters } from "./latency.ts";

describe("createTaskMeter", () => {
  test.each([
    [0, 0],
    [-0.5, 0],
    [0.001, 0],
    [0.0011, 1],
    [60, LATENCY_BUCKETS_SECONDS.length - 1],
    [61, LATENCY_BUCKETS_SECONDS.length],
  ])("%s s counts in bucket %i", (seconds, bucket) => {
    const meter = createTaskMeter();
    meter.observe(seconds);
    expect(meter.totals().latency.indexOf(1)).toBe(bucket);
    expect(meter.totals().latencySumSeconds).toBe(Math.max(0, seconds));
  });

  test("its totals only grow, and fit into a heartbeat", () => {
    const meters = createTaskMeters();
    meters.of("orders.received").done();
    meters.of("orders.received").done();
    meters.of("orders.received").failed();
    const totals = meters.totals()["orders.received"];
    expect(taskTotals.parse(totals)).toMatchObject({ done: 2, failed: 1 });
  });
});
