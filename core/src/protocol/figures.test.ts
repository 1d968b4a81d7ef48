import { describe, expect, test } from "vitest";
import { agentFigures, FIRST_STAGE_BUCKET, LAST_STAGE_BUCKET, STAGE_BOUNDS_SECONDS, stageBucketOf } from "./figures.ts";

const boundOf = (bucket: number): number => STAGE_BOUNDS_SECONDS[bucket - FIRST_STAGE_BUCKET] ?? Number.NaN;
const nothing = { stages: {}, busySeconds: 0, deliveries: 0, redeliveries: 0, calls: {} };

describe("the buckets of a stage", () => {
  test.each([
    [-1, FIRST_STAGE_BUCKET],
    [0, FIRST_STAGE_BUCKET],
    [Number.NaN, FIRST_STAGE_BUCKET],
    [1, 0],
    [1.0001, 1],
    [2, 4],
    [0.5, -4],
    [128, LAST_STAGE_BUCKET - 1],
    [129, LAST_STAGE_BUCKET],
    [1e9, LAST_STAGE_BUCKET],
    [Number.POSITIVE_INFINITY, LAST_STAGE_BUCKET],
  ])("%s s is in bucket %i", (seconds, bucket) => {
    expect(stageBucketOf(seconds)).toBe(bucket);
  });

  test("each holds its own upper bound, and what is a little more is in the next", () => {
    for (const [index, bound] of STAGE_BOUNDS_SECONDS.entries()) {
      expect(stageBucketOf(bound)).toBe(FIRST_STAGE_BUCKET + index);
      expect(stageBucketOf(bound * 1.001)).toBe(FIRST_STAGE_BUCKET + index + 1);
    }
  });

  test("the bound above a time is at most 19 % more than the time", () => {
    for (let seconds = 0.0005; seconds < 128; seconds *= 1.017) {
      const bound = boundOf(stageBucketOf(seconds));
      expect(bound).toBeGreaterThanOrEqual(seconds * 0.999999);
      expect(bound / seconds).toBeLessThan(1.1893);
    }
  });
});

describe("what a heartbeat may say of figures", () => {
  test("an agent that has done nothing", () => {
    expect(agentFigures.safeParse(nothing).success).toBe(true);
  });

  test.each([
    ["a count below 0", { deliveries: -1 }],
    ["a stage that there is not", { stages: { lunch: { first: 0, counts: [], sumSeconds: 0 } } }],
    ["a bucket beyond the last", { stages: { total: { first: LAST_STAGE_BUCKET, counts: [1, 1], sumSeconds: 1 } } }],
    ["an API whose name could break a label", { calls: { 'a"} 1\n': { done: 1, failed: 0 } } }],
    [
      "more APIs than series are meant for",
      { calls: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`api-${i}`, { done: 1, failed: 0 }])) },
    ],
    [
      "a trace that is none",
      { stages: { total: { first: 0, counts: [1], sumSeconds: 1, slowest: { seconds: 1, traceId: "x", at: 1 } } } },
    ],
  ])("not %s", (_, changes) => {
    expect(agentFigures.safeParse({ ...nothing, ...changes }).success).toBe(false);
  });
});
