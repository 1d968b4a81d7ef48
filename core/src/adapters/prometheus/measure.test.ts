import { type PrometheusUnderTest, startPrometheus } from "@rollcall/test/prometheus.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type MeasureFunction, type MeasureQuestion, measureQuestion } from "../../measure-contract.ts";
import type { Figures } from "../../ports/figures.ts";
import { openFigures } from "./figures.ts";
import { queryOf } from "./measure.ts";

const STEP = 5;
const STEPS = 120;
const to = Math.floor(Date.now() / 1000) * 1000;
const from = to - STEPS * STEP * 1000;
const fleet = "demo";
const series = (value: (step: number) => number) => Array.from({ length: STEPS + 1 }, (_, step) => value(step));
/** As two exporters measure it. */
const twice = (name: string, labels: Record<string, string>, values: readonly number[]) =>
  ["a:9464", "b:9464"].map((instance) => ({
    name,
    labels: { fleet, instance, job: "rollcall-exporter", ...labels },
    values,
  }));
const BUCKETS = { "0.1": 50, "1": 90, "+Inf": 100 };

const PAST = [
  ...twice(
    "rollcall_fleet_agents_expected",
    {},
    series(() => 2),
  ),
  ...twice(
    "rollcall_agent_resident_memory_bytes",
    { agent: "billing" },
    series((step) => (step === 118 ? 900 : 100)),
  ),
  ...twice(
    "rollcall_agent_resident_memory_bytes",
    { agent: "shipping" },
    series(() => 300),
  ),
  ...twice(
    "rollcall_agent_tasks_total",
    { agent: "billing" },
    series((step) => step * 10),
  ),
  ...Object.entries(BUCKETS).flatMap(([le, count]) =>
    twice(
      "rollcall_bus_publish_to_done_seconds_bucket",
      { le },
      series((step) => step * count),
    ),
  ),
  {
    name: "rollcall_agent_tasks_total",
    labels: { fleet: "other", agent: "billing" },
    values: series((step) => step * 1e6),
  },
];

let prometheus: PrometheusUnderTest;
let figures: Figures;
beforeAll(async () => {
  prometheus = await startPrometheus(inject("toolsDir"), { from, stepSeconds: STEP, series: PAST });
  figures = openFigures({ url: prometheus.url, fleet, clock: { now: () => to } });
}, 120_000);
afterAll(() => prometheus.stop());

const ask = (name: string, wanted: MeasureFunction, more: Partial<MeasureQuestion> = {}) =>
  figures.measure({ name, function: wanted, window: "5m", ...more });
const MEMORY = "rollcall_agent_resident_memory_bytes";

describe("a metric, a window and a function, asked of a real Prometheus", () => {
  test.each<[string, MeasureFunction, { value: number; unit: string }]>([
    [MEMORY, "max", { value: 900, unit: "bytes" }],
    [MEMORY, "min", { value: 100, unit: "bytes" }],
    ["rollcall_agent_tasks_total", "rate", { value: 2, unit: "count per second" }],
    ["rollcall_agent_tasks_total", "sum", { value: 600, unit: "count" }],
    ["rollcall_bus_publish_to_done_seconds", "p50", { value: 0.1, unit: "seconds" }],
    ["rollcall_bus_publish_to_done_seconds", "p95", { value: 1, unit: "seconds" }],
  ])("%s %s is %j, however many exporters measure it", async (name, wanted, { value, unit }) => {
    const answer = await ask(name, wanted);
    expect(answer.values).toEqual([{ of: null, value: expect.closeTo(value, 2) }]);
    expect(answer).toMatchObject({ unit, reason: null, measuredSecondsAgo: expect.any(Number) });
  });

  test("the average and the sum over agents are of what each has on average", async () => {
    const billing = (59 * 100 + 900) / 60;
    expect((await ask(MEMORY, "avg")).values[0]?.value).toBeCloseTo((billing + 300) / 2, 0);
    expect((await ask(MEMORY, "sum")).values[0]?.value).toBeCloseTo(billing + 300, 0);
  });

  test("is split by a label, the largest first", async () => {
    const { values } = await ask(MEMORY, "max", { by: "agent" });
    expect(values).toEqual([
      { of: "billing", value: 900 },
      { of: "shipping", value: 300 },
    ]);
  });

  test("is of one agent, if one is named", async () => {
    expect((await ask(MEMORY, "max", { agent: "shipping" })).values).toEqual([{ of: null, value: 300 }]);
    expect((await ask("rollcall_fleet_agents_expected", "max", { agent: "shipping" })).values).toEqual([]);
  });

  test("says why there is nothing", async () => {
    expect(await ask("rollcall_agent_clock_skew_seconds", "avg")).toMatchObject({
      values: [],
      reason: "nothing of the name rollcall_agent_clock_skew_seconds was measured in this time",
    });
    expect((await ask("rollcall_commands_total", "rate")).reason).toContain("the control service was not read");
  });

  test("over time: one point for each step, null where nothing was measured", async () => {
    const question: MeasureQuestion = { name: MEMORY, function: "max", window: "1m", by: "agent" };
    const { series: lines, stepSeconds } = await figures.measureCourse({
      question,
      rangeSeconds: 900,
      to: null,
      stepSeconds: 60,
    });
    expect(stepSeconds).toBe(60);
    expect(lines.map(({ of }) => of).toSorted()).toEqual(["billing", "shipping"]);
    const shipping = lines.find(({ of }) => of === "shipping")?.points ?? [];
    expect(shipping).toHaveLength(16);
    expect(shipping[0]?.[1]).toBeNull();
    expect(shipping.at(-1)?.[1]).toBe(300);
  });
});

describe("a question that cannot be", () => {
  test.each<[string, MeasureFunction, string]>([
    ["rollcall_agent_tasks_total", "avg", "rate"],
    ["rollcall_agent_tasks_total", "p95", "rate"],
    ["rollcall_agent_rung", "rate", "avg"],
    ["rollcall_agent_last_heartbeat_timestamp_seconds", "p95", "avg"],
  ])("%s %s is refused, and what fits is named", async (name, wanted, allowed) => {
    await expect(ask(name, wanted)).rejects.toMatchObject({
      code: "invalid_input",
      detail: { allowed: expect.arrayContaining([allowed]) },
    });
  });

  test.each([
    ['rollcall_agent_rung{agent="x"}'],
    ["up"],
    ["rollcall_agent_rung or vector(1)"],
    ["node_cpu_seconds_total"],
    ["rollcall_bus_publish_to_done_seconds_bucket"],
  ])("%s is no name that is taken", (name) => {
    expect(measureQuestion.safeParse({ name, function: "avg" }).success).toBe(false);
  });

  test("the name of a fleet cannot change a question", () => {
    const question: MeasureQuestion = { name: "rollcall_agent_rung", function: "max", window: "1m" };
    expect(queryOf(question, 'x"} or vector(1)')).toContain('{fleet="x\\"} or vector(1)"}');
  });
});
