import { agentFigures, FIRST_STAGE_BUCKET, LAST_STAGE_BUCKET } from "@rollcall/core/protocol/figures.ts";
import { describe, expect, test } from "vitest";
import { createStageMeters } from "./stages.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

describe("createStageMeters", () => {
  test("a stage that no event has passed is not told", () => {
    const meters = createStageMeters();
    meters.observe("handle", 0.5);
    expect(Object.keys(meters.take(0))).toEqual(["handle"]);
  });

  test("tells only the buckets from the first with a count to the last", () => {
    const meters = createStageMeters();
    for (const seconds of [0.5, 0.5, 1, 2]) meters.observe("total", seconds);
    expect(meters.take(0).total).toEqual({ first: -4, counts: [2, 0, 0, 0, 1, 0, 0, 0, 1], sumSeconds: 4 });
  });

  test("a time below 0 and one of an hour stay within the buckets, and fit into a heartbeat", () => {
    const meters = createStageMeters();
    meters.observe("wait", -3);
    meters.observe("wait", 3600);
    const { wait } = meters.take(0);
    expect(wait).toMatchObject({ first: FIRST_STAGE_BUCKET, sumSeconds: 3600 });
    expect(wait?.counts).toHaveLength(LAST_STAGE_BUCKET - FIRST_STAGE_BUCKET + 1);
    const figures = { stages: { wait }, busySeconds: 0, deliveries: 0, redeliveries: 0, calls: {} };
    expect(agentFigures.safeParse(figures).success).toBe(true);
  });

  test("names the trace of the slowest since the last beat, once", () => {
    const meters = createStageMeters();
    meters.observe("handle", 1, `00-${"1".repeat(32)}-00f067aa0ba902b7-01`);
    meters.observe("handle", 3, TRACEPARENT);
    meters.observe("handle", 2, `00-${"2".repeat(32)}-00f067aa0ba902b7-01`);
    meters.observe("handle", 9);
    expect(meters.take(77).handle?.slowest).toEqual({ seconds: 3, traceId: TRACE, at: 77 });
    expect(meters.take(78).handle?.slowest).toBeUndefined();
  });

  test("a trace that is none is not named", () => {
    const meters = createStageMeters();
    meters.observe("handle", 1, "not a trace");
    expect(meters.take(0).handle?.slowest).toBeUndefined();
  });
});
