import { describe, expect, test } from "vitest";
import { beatOf, totals } from "../test/fake-fleet.ts";
import { EpochTotals } from "./epoch-totals.ts";

const began = 1_800_000_000_000;
const old = { startedAt: began - 1000 };
const young = { startedAt: began + 1000 };

describe("EpochTotals", () => {
  test("does not count again what an agent counted before the exporter began", () => {
    const sums = new EpochTotals(began);
    sums.add(beatOf("billing", began, { ...old, tasks: { orders: totals(100) } }));
    expect(sums.ofAgent("billing").done).toBe(0);
    sums.add(beatOf("billing", began, { ...old, tasks: { orders: totals(103, { failed: 2 }) } }));
    expect(sums.ofAgent("billing")).toMatchObject({ done: 3, failed: 2 });
    expect(sums.ofTopic("orders").latency[3]).toBe(5);
  });

  test("counts everything of an agent that started after the exporter", () => {
    const sums = new EpochTotals(began);
    sums.add(beatOf("billing", began, { ...young, tasks: { orders: totals(7, { sum: 0.5 }) } }));
    expect(sums.ofAgent("billing").done).toBe(7);
    expect(sums.ofTopic("orders").latencySumSeconds).toBe(0.5);
  });

  test("a new epoch begins at 0 and adds to what was", () => {
    const sums = new EpochTotals(began);
    sums.add(beatOf("billing", began, { ...young, epoch: 1, tasks: { orders: totals(50) } }));
    sums.add(beatOf("billing", began, { ...young, epoch: 2, tasks: { orders: totals(4) } }));
    sums.add(beatOf("billing", began, { ...young, epoch: 2, tasks: { orders: totals(6) } }));
    expect(sums.ofAgent("billing").done).toBe(56);
    expect(sums.ofTopic("orders").latency[3]).toBe(56);
  });

  test("a total that goes back within an epoch changes nothing", () => {
    const sums = new EpochTotals(began);
    sums.add(beatOf("billing", began, { ...young, tasks: { orders: totals(50) } }));
    sums.add(beatOf("billing", began, { ...young, tasks: { orders: totals(20) } }));
    expect(sums.ofAgent("billing").done).toBe(50);
  });

  test("the same beat read twice counts once", () => {
    const sums = new EpochTotals(began);
    const beat = beatOf("billing", began, { ...young, tasks: { orders: totals(5) } });
    sums.add(beat);
    sums.add(beat);
    expect(sums.ofAgent("billing").done).toBe(5);
  });

  test("topics add up over agents, and keep what departed agents did", () => {
    const sums = new EpochTotals(began);
    sums.add(beatOf("billing", began, { ...young, tasks: { orders: totals(5) } }));
    sums.add(beatOf("invoices", began, { ...young, tasks: { orders: totals(3), payments: totals(1) } }));
    sums.keepOnly(new Set(["billing"]));
    expect(sums.ofTopic("orders").done).toBe(8);
    expect(sums.ofAgent("invoices").done).toBe(0);
  });
});
