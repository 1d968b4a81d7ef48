import { FIRST_STAGE_BUCKET, type StageTotals as Report } from "@rollcall/core/protocol/figures.ts";
import { describe, expect, test } from "vitest";
import { beatOf, figuresOf } from "../test/fake-fleet.ts";
import { StageTotals } from "./stage-totals.ts";

const began = 1_800_000_000_000;
const old = began - 1000;
const young = began + 1000;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** Counts in bucket 0, which ends at one second. */
const told = (count: number, changes: Partial<Report> = {}): Report => ({
  ...{ first: 0, counts: [count], sumSeconds: count, ...changes },
});
let counter = 0;
const beat = (handle: Report, changes: { epoch?: number; startedAt?: number; agent?: string } = {}) => {
  counter += 1;
  const { agent = "billing", ...rest } = changes;
  return beatOf(agent, began, { startedAt: young, ...rest, counter, figures: figuresOf({ stages: { handle } }) });
};
const inBucketOf = (totals: StageTotals, bucket: number) => totals.view().handle.counts[bucket - FIRST_STAGE_BUCKET];

describe("StageTotals", () => {
  test("does not count again what an agent counted before the exporter began", () => {
    const totals = new StageTotals(began);
    totals.add(beat(told(100), { startedAt: old }));
    expect(inBucketOf(totals, 0)).toBe(0);
    totals.add(beat(told(103), { startedAt: old }));
    expect(inBucketOf(totals, 0)).toBe(3);
    expect(totals.view().handle.sumSeconds).toBe(3);
  });

  test("counts everything of an agent that began later, each beat once, and each epoch from 0", () => {
    const totals = new StageTotals(began);
    const first = beat(told(7));
    totals.add(first);
    totals.add(first);
    totals.add(beat(told(2), { epoch: 2 }));
    expect(inBucketOf(totals, 0)).toBe(9);
  });

  test("adds up agents whose counts begin in different buckets", () => {
    const totals = new StageTotals(began);
    totals.add(beat({ first: -2, counts: [1, 2, 3], sumSeconds: 5 }));
    totals.add(beat({ first: 0, counts: [10], sumSeconds: 9 }, { agent: "invoices" }));
    totals.add(beat({ first: -3, counts: [4, 1, 2, 3], sumSeconds: 6 }));
    expect([-3, -2, -1, 0, 1].map((bucket) => inBucketOf(totals, bucket))).toEqual([4, 1, 2, 13, 0]);
    expect(totals.view().handle.sumSeconds).toBe(15);
  });

  test("a count that went back within one epoch takes nothing away", () => {
    const totals = new StageTotals(began);
    totals.add(beat(told(7)));
    totals.add(beat(told(1)));
    expect(inBucketOf(totals, 0)).toBe(7);
  });

  test("what a departed agent did stays, and is counted from 0 if it comes back", () => {
    const totals = new StageTotals(began);
    totals.add(beat(told(7)));
    totals.keepOnly(new Set());
    totals.add(beat(told(2), { epoch: 2 }));
    expect(inBucketOf(totals, 0)).toBe(9);
  });

  test("keeps the newest example in the bucket of its time", () => {
    const totals = new StageTotals(began);
    const slowest = { seconds: 0.9, traceId: TRACE, at: began };
    totals.add(beat(told(1, { slowest })));
    totals.add(beat(told(2, { slowest: { ...slowest, traceId: "1".repeat(32), at: began - 5 } })));
    const { exemplars } = totals.view().handle;
    expect(exemplars[-FIRST_STAGE_BUCKET]).toEqual({ labels: { trace_id: TRACE }, value: 0.9, at: began });
    expect(exemplars.filter((exemplar) => exemplar !== null)).toHaveLength(1);
  });
});
