import { type PrometheusUnderTest, startPrometheus } from "@rollcall/test/prometheus.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { MeasuredPeriod } from "../../domain/period-figures.ts";
import { openFigures } from "./figures.ts";

const HOUR_MS = 3_600_000;
const STEP_SECONDS = 15;
/** Two hours: the one that is asked about, and the one before it. */
const STEPS = 480;
const to = Math.floor(Date.now() / 1000) * 1000;
const fleet = "demo";
const over = (valueAt: (step: number) => number | null): (number | null)[] =>
  Array.from({ length: STEPS + 1 }, (_, step) => valueAt(step));
/** In the second hour it changes in the middle. */
const LATE = 360;
/** What the exporter measures, as two exporters measure it. */
const twice = (name: string, labels: Record<string, string>, valueAt: (step: number) => number | null) =>
  ["a:9464", "b:9464"].map((instance) => ({ name, labels: { fleet, instance, ...labels }, values: over(valueAt) }));
const agent = (
  id: string,
  { rung, health = 1, provable = 5 }: { rung: (step: number) => number; health?: number; provable?: number },
) => [
  ...twice("rollcall_agent_rung", { agent: id }, rung),
  ...twice("rollcall_agent_health_code", { agent: id }, () => health),
  ...twice("rollcall_agent_provable_rung", { agent: id }, () => provable),
];
const BUCKETS = { "0.01": 0.5, "0.1": 0.95, "1": 1, "+Inf": 1 };

const PAST = [
  // Nobody read the exporter for ten minutes; Prometheus takes a value for known for five after it was read.
  ...twice("rollcall_fleet_agents_expected", {}, (step) => (step > 260 && step <= 300 ? null : 4)),
  ...twice("rollcall_fleet_agents_desired", { state: "running" }, () => 2),
  ...twice("rollcall_fleet_agents_judged", { verdict: "working" }, (step) => (step < LATE ? 2 : 1)),
  ...twice("rollcall_fleet_agents_judged", { verdict: "gone" }, (step) => (step < LATE ? 0 : 1)),
  ...twice("rollcall_fleet_agents_judged", { verdict: "stopped" }, () => 1),
  ...agent("billing", { rung: () => 5 }),
  ...agent("shipping", { rung: (step) => (step < LATE ? 5 : 0) }),
  ...agent("stopped", { rung: () => 0, health: 4 }),
  ...agent("foreign", { rung: () => 1, provable: 1 }),
  ...twice("rollcall_agent_tasks_total", { agent: "billing" }, (step) => 99 * step),
  ...twice("rollcall_agent_tasks_failed_total", { agent: "billing" }, (step) => step),
  ...twice("rollcall_bus_dead_letters_total", { topic: "orders.new" }, (step) => (step < LATE ? 0 : 3)),
  ...Object.entries(BUCKETS).flatMap(([le, share]) =>
    twice("rollcall_bus_publish_to_handle_seconds_bucket", { topic: "orders.new", le }, (step) => 100 * share * step),
  ),
  // Another fleet that the same Prometheus measures.
  { name: "rollcall_agent_tasks_total", labels: { fleet: "other", agent: "x" }, values: over((step) => 9000 * step) },
  { name: "rollcall_fleet_agents_judged", labels: { fleet: "other", verdict: "working" }, values: over(() => 500) },
];

let prometheus: PrometheusUnderTest;
let measured: MeasuredPeriod;
const periodAt = (now: number, agents = 4) =>
  openFigures({ url: prometheus.url, fleet, clock: { now: () => now } }).period({ seconds: 3600, agents });
beforeAll(async () => {
  prometheus = await startPrometheus(inject("toolsDir"), {
    from: to - 2 * HOUR_MS,
    stepSeconds: STEP_SECONDS,
    series: PAST,
  });
  measured = await periodAt(to);
}, 120_000);
afterAll(() => prometheus.stop());

describe("figures of a period", () => {
  test("are the share of the time that agents were at work, of those that were wanted", () => {
    expect(measured.figures.working).toBeCloseTo(0.75, 1);
    expect(measured.before.working).toBe(1);
  });

  test("name who was not always at work, and neither who was off on purpose nor who cannot prove it", () => {
    expect(measured.figures.lowest).toEqual([{ agent: "shipping", working: expect.closeTo(0.5, 1) }]);
    expect(measured.before.lowest).toEqual([]);
  });

  test("count events of this fleet once, however many exporters measure them", () => {
    const { handled, failed, deadLetters, p95Seconds } = measured.figures;
    expect((handled ?? 0) / 23_760).toBeCloseTo(1, 1);
    expect((failed ?? 0) / 240).toBeCloseTo(1, 1);
    expect(deadLetters).toBeCloseTo(3, 0);
    expect(p95Seconds).toBeCloseTo(0.1, 3);
    expect(measured.before.deadLetters).toBe(0);
  });

  test("say how much of the time was measured, without its gaps", async () => {
    expect(measured.figures.coveredSeconds).toBeGreaterThan(3200);
    expect(measured.figures.coveredSeconds).toBeLessThan(3400);
    const { figures, before } = await periodAt(to - HOUR_MS + 600_000);
    expect(figures.coveredSeconds).toBeGreaterThan(3500);
    expect(before.coveredSeconds).toBeLessThan(1000);
  });

  test("are not known of a time in which nothing was measured, and there is nothing to draw", async () => {
    const { figures, panels } = await periodAt(to - 30 * HOUR_MS);
    expect(figures).toEqual({
      ...{ coveredSeconds: null, working: null, lowest: [], handled: null, failed: null, p95Seconds: null },
      deadLetters: null,
    });
    expect(panels).toEqual([]);
  });

  test("are looked at more coarsely where there are many agents, and say the same", async () => {
    const { figures } = await periodAt(to, 100_000);
    expect(figures.lowest.map((one) => one.agent)).toEqual(["shipping"]);
    expect((figures.handled ?? 0) / 23_760).toBeCloseTo(1, 1);
  });
});

describe("the course of a period", () => {
  test("shows who was at work beside who was wanted, and what was handled beside what failed", () => {
    const { panels } = measured;
    expect(panels.map(({ title, lines }) => [title, lines.map(({ name }) => name)])).toEqual([
      ["Agents, the fewest at work in each step", ["at work", "wanted"]],
      ["Events", ["handled", "failed"]],
    ]);
    const [atWork, wanted] = panels[0]?.lines ?? [];
    expect(new Set(atWork?.points.map(([, value]) => value))).toEqual(new Set([2, 1]));
    expect(new Set(wanted?.points.map(([, value]) => value))).toEqual(new Set([2]));
    expect(panels[1]?.lines[0]?.points.at(-1)?.[1]).toBeCloseTo(6.6, 1);
  });

  test("begins where measuring began", async () => {
    const now = to - HOUR_MS - 1_800_000;
    const { from, panels } = await periodAt(now);
    expect(Math.abs(from - (to - 2 * HOUR_MS))).toBeLessThan(60_000);
    expect(panels[0]?.lines[0]?.points.at(-1)).toEqual([now, 2]);
  });

  test("of what was measured for a minute is drawn as a quarter of an hour, with a gap before it", async () => {
    const { from, to: end, panels } = await periodAt(to - 2 * HOUR_MS + 60_000);
    expect(end - from).toBe(900_000);
    const points = panels[0]?.lines[0]?.points ?? [];
    expect(points[0]?.[1]).toBeNull();
    expect(points.at(-1)?.[1]).toBe(2);
  });

  test("of eleven hours, whose steps divide by nothing, shows all lines too", async () => {
    const minutes = 660;
    const series = (name: string, labels: Record<string, string>, by: number) => ({
      ...{ name, labels: { fleet, ...labels } },
      values: Array.from({ length: minutes + 1 }, (_, minute) => 1 + by * minute),
    });
    const long = await startPrometheus(inject("toolsDir"), {
      ...{ from: to - minutes * 60_000, stepSeconds: 60 },
      series: [
        series("rollcall_fleet_agents_expected", {}, 0),
        series("rollcall_fleet_agents_desired", { state: "running" }, 0),
        series("rollcall_fleet_agents_judged", { verdict: "working" }, 0),
        series("rollcall_agent_tasks_total", { agent: "billing" }, 60),
        series("rollcall_agent_tasks_failed_total", { agent: "billing" }, 1),
      ],
    });
    try {
      const figures = openFigures({ url: long.url, fleet, clock: { now: () => to } });
      const { panels } = await figures.period({ seconds: 37_700, agents: 1 });
      expect(panels.map(({ lines }) => lines.map(({ name }) => name))).toEqual([
        ["at work", "wanted"],
        ["handled", "failed"],
      ]);
    } finally {
      await long.stop();
    }
  });
});
