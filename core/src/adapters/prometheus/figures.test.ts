import {
  flat,
  fleet,
  growing,
  HOUR_MS,
  openHistory,
  openOn,
  PAST,
  STEPS,
  to,
  twice,
} from "@rollcall/test/figures-fixture.ts";
import type { History } from "@rollcall/test/prometheus.ts";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { ApiKeyFigures } from "../../figures-contract.ts";
import type { Figures } from "../../ports/figures.ts";

describe("what is usual at this time of the day", () => {
  const MINUTES = 4 * 24 * 60;
  /** One value for each of five days: four that are over, and today's first minute. */
  const byDay = (name: string, labels: Record<string, string>, values: readonly (number | null)[]): History => ({
    ...{ name, labels: { fleet, ...labels } },
    values: Array.from({ length: MINUTES + 1 }, (_, minute) => values[Math.ceil(minute / 1440)] ?? null),
  });
  let key: ApiKeyFigures["figures"];
  beforeAll(async () => {
    const labels = { topic: "orders.new", group: "billing" };
    const series = [
      byDay("rollcall_fleet_agents_expected", {}, [3, 3, 3, 3, 3]),
      byDay("rollcall_bus_group_lag", labels, [4, 9, 2, 7, 5]),
      byDay("rollcall_bus_group_pending", labels, [null, null, 2, 7, 5]),
    ];
    const history = { from: to - 4 * 24 * HOUR_MS, stepSeconds: 60, series };
    const figures = await openHistory(history);
    const read = async () => (await figures.key()).figures;
    // Other days are told as soon as they are known.
    await vi.waitFor(async () => expect((await read()).expected.dayBefore).toBe(3), {
      timeout: 120_000,
      interval: 500,
    });
    key = await read();
  }, 180_000);

  test("is what it was yesterday, and between what it was on the days before", () => {
    expect(key.waiting).toMatchObject({ value: 5, dayBefore: 7, normal: { least: 2, most: 9 } });
  });

  test("is not normal where too few days were measured", () => {
    expect(key.inHand).toMatchObject({ value: 5, dayBefore: 7, normal: null });
  });
});

describe("figures of an hour that was measured", () => {
  let figures: Figures;
  beforeAll(async () => {
    figures = await openOn(PAST);
  }, 120_000);

  test("are what happened: by the second, of this fleet only, and not twice for two exporters", async () => {
    const { figures: key, coveredSeconds, rangeSeconds } = await figures.key();
    const near = (value: number) => expect.closeTo(value, value > 1 ? 0 : 2);
    expect(rangeSeconds).toBe(3600);
    // The first look of an hour may lie a step or two after its beginning.
    expect(coveredSeconds.control).toBeGreaterThanOrEqual(3570);
    expect(key.events).toMatchObject({ value: near(12), unit: "per second", ageSeconds: 0, reason: null });
    expect(key.handled).toMatchObject({ value: near(10.8), unit: "per second" });
    expect(key.errors).toMatchObject({ value: expect.closeTo(0.1, 3), unit: "ratio" });
    expect(key.latencyP50).toMatchObject({ value: expect.closeTo(0.01, 3), unit: "seconds" });
    expect(key.latencyP99).toMatchObject({ value: expect.closeTo(1, 1) });
    expect(key.waiting).toMatchObject({ value: 9, unit: "events" });
    expect(key.inHand).toMatchObject({ value: 4 });
    expect(key.deadLetters.value).toBeCloseTo(720, -1);
    expect([key.working.value, key.expected.value]).toEqual([2, 3]);
    expect(key.alerts.value).toBe(1);
    expect(key.requests).toMatchObject({ value: near(4) });
    expect(key.requestErrors).toMatchObject({ value: expect.closeTo(0.1, 3) });
  });

  test("that nobody measured are unknown, never 0", async () => {
    const { figures: key } = await figures.key();
    for (const one of [key.commands, key.requestP95]) {
      expect(one.value).toBeNull();
      expect(one.reason).toMatch(/in this time/);
    }
  });

  test("over time have one point a step, and the busiest topics apart", async () => {
    const course = await figures.throughput({ rangeSeconds: 900, to: null, stepSeconds: 60, top: 1 });
    expect(course.series.map(({ measure, of }) => [measure, of])).toEqual([
      ["published", null],
      ["handled", null],
      ["failed", null],
      ["published", "orders.new"],
      ["handled", "orders.new"],
      ["requests", null],
    ]);
    const published = course.series[0];
    expect(published?.points).toHaveLength(16);
    for (const [at, value] of published?.points ?? []) {
      expect(at % 60_000).toBe(0);
      expect(value).toBeCloseTo(12, 1);
    }
    expect(published?.ageSeconds).toBeLessThan(60);
  });

  test("by type name the topic, the command and the route", async () => {
    const { events, commands, requests, problems } = await figures.latency({ rangeSeconds: 3600, to: null });
    expect(events).toEqual([
      expect.objectContaining({ of: "orders.new", p50: expect.objectContaining({ unit: "seconds", ageSeconds: 0 }) }),
    ]);
    expect(events[0]?.p95.value).toBeGreaterThan(0.1);
    expect([commands, requests, problems]).toEqual([[], [], []]);
  });

  test("of services are cores and bytes; what is not measured is a line without values and says why", async () => {
    const { services } = await figures.services({ rangeSeconds: 300, to: null, stepSeconds: 15 });
    const line = (measure: string, of: string) => services.find((one) => one.measure === measure && one.of === of);
    expect(line("cpu", "control")).toMatchObject({ unit: "cores", reason: null });
    expect(line("cpu", "control")?.points.at(-1)?.[1]).toBeCloseTo(0.1, 2);
    expect(line("memory", "control")?.points.at(-1)?.[1]).toBe(123_000_000);
    const unknown = line("memory", "exporter");
    expect(unknown?.reason).not.toBeNull();
    expect(unknown?.points.every(([, value]) => value === null)).toBe(true);
  });

  test("at the head of each ranking stands the worst, and what is 0 is left out", async () => {
    const spots = await figures.hotSpots({ rangeSeconds: 3600, to: null, top: 2 });
    expect(spots.busiest.map(({ name }) => name)).toEqual(["billing", "shipping"]);
    expect(spots.failing.map(({ name }) => name)).toEqual(["billing"]);
    expect(spots.slowest.map(({ name }) => name)).toEqual(["orders.new"]);
    expect(spots.waiting).toEqual([
      { name: "billing", figure: { value: 9, unit: "events", ageSeconds: 0, reason: null } },
    ]);
  });
});

describe("figures of an hour with holes", () => {
  const until = (values: readonly (number | null)[], step: number) => values.slice(0, step);
  const last = (values: readonly (number | null)[], steps: number) =>
    values.map((value, step) => (step > STEPS - steps ? value : null));

  test("keep their age when the exporter is gone: what was is told, what is now is not", async () => {
    // Its last measurement is ten minutes old.
    const gone = PAST.map((one) =>
      "instance" in one.labels ? { ...one, values: until(one.values, STEPS - 120) } : one,
    );
    const { figures: key, coveredSeconds } = await (await openOn(gone as typeof PAST)).key();
    expect(coveredSeconds.exporter).toBeGreaterThan(2_900);
    expect(key.events.value).toBeCloseTo(12, 0);
    expect(key.events.ageSeconds).toBeCloseTo(605, 0);
    expect(key.waiting).toMatchObject({ value: null, ageSeconds: key.events.ageSeconds });
    const reason = expect.stringMatching(/^not measured any more: the exporter was last read 605(\.\d)? s ago$/);
    expect(key.working).toMatchObject({ value: null, unit: "agents", reason });
    expect(key.requests.ageSeconds).toBe(0);
  }, 120_000);

  test("are no smaller because only the last minutes were measured", async () => {
    const young = PAST.map((one) => ({ ...one, values: last(one.values, 36) }));
    const { figures: key, coveredSeconds } = await (await openOn(young as typeof PAST)).key();
    expect(coveredSeconds.exporter).toBeLessThan(200);
    expect(key.events.value).toBeGreaterThan(11.5);
    expect(key.events.value).toBeLessThan(13.5);
  }, 120_000);

  test("are unknown with a reason for whoever measured nothing, and for a lag that Redis cannot tell", async () => {
    const without = PAST.filter(({ name }) => !/http|uptime|process/.test(name)).map((one) =>
      one.name === "rollcall_bus_group_lag_unknown" ? { ...one, values: flat(1) } : one,
    );
    const { figures: key } = await (await openOn(without)).key();
    expect(key.requests).toMatchObject({
      ...{ value: null, unit: "per second", ageSeconds: null },
      reason: "not measured in this time: the control service was not read",
    });
    expect(key.waiting).toMatchObject({ value: null, reason: "not known for 1 subscriptions, 9 wait for the others" });
  }, 120_000);
});

describe("the picture of an alert", () => {
  let figures: Figures;
  const alert = (alertname: string, labels: Record<string, string>) => ({ alertname, labels, startsAt: to - 60_000 });
  beforeAll(async () => {
    figures = await openOn([
      ...twice("rollcall_agent_rung", { agent: "billing" }, [...flat(5).slice(12), ...flat(0).slice(0, 12)]),
      ...twice("rollcall_agent_resident_memory_bytes", { agent: "billing" }, growing(1000)),
      ...twice("rollcall_agent_rung", { agent: "orders" }, flat(5)),
      { name: "rollcall_agent_rung", labels: { fleet: "other", agent: "billing" }, values: flat(1) },
      ...twice("rollcall_bus_group_lag", { topic: "orders.new", group: "billing" }, growing(3, 0)),
    ]);
  }, 120_000);

  test("is the last hour of what it was decided on, with its limit, of this agent and fleet only", async () => {
    const chart = await figures.alertChart([alert("AgentGone", { agent: "billing" })]);
    expect(chart).toMatchObject({ title: "AgentGone, the last hour", marks: [{ at: to - 60_000 }] });
    expect((chart?.to ?? 0) - (chart?.from ?? 0)).toBe(HOUR_MS);
    const [rung, memory] = chart?.panels ?? [];
    expect(rung).toMatchObject({ unit: "rung", thresholds: [{ value: 2 }], lines: [{ name: "billing" }] });
    const values = rung?.lines[0]?.points.map(([, value]) => value) ?? [];
    expect(values).toHaveLength(241);
    expect([values[120], values.at(-1)]).toEqual([5, 0]);
    expect(memory?.lines[0]?.points.at(-1)?.[1]).toBeGreaterThan(700_000);
  });

  test("leaves out a second measure that nobody measured", async () => {
    const chart = await figures.alertChart([alert("BusLagGrowing", { agent: "billing", topic: "orders.new" })]);
    expect(chart?.panels).toMatchObject([{ unit: "count", lines: [{ name: "billing · orders.new" }] }]);
  });

  test.each([
    ["what it is about was not measured", alert("AgentGone", { agent: "nobody" })],
    ["it is about no number", alert("ExporterGone", {})],
    ["it is not one of ours", alert("DiskFull", { agent: "billing" })],
  ])("is none where %s", async (_, unknown) => {
    expect(await figures.alertChart([unknown])).toBeNull();
  });
});
