import { openFleetBus } from "@rollcall/core/adapters/redis/fleet-bus.ts";
import { takeRoll } from "@rollcall/core/take-roll.ts";
import { Redis } from "ioredis";
import { describe, expect, inject, test } from "vitest";
import { durationText, percentile, single, timing } from "./figures.ts";
import { renderPage } from "./page.ts";
import { sightOf, startSimulatedFleet } from "./simulated-fleet.ts";

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe("figures of a benchmark", () => {
  test.each([
    [hundred, 0.5, 50],
    [hundred, 0.99, 99],
    [[7], 0.99, 7],
    [[], 0.5, Number.NaN],
  ])("percentiles are nearest ranks", (samples, share, value) => {
    expect(percentile(samples, share)).toBe(value);
  });

  test.each([
    [0.4213, "0.42 ms"],
    [6.08, "6.1 ms"],
    [151.7, "152 ms"],
    [12_400, "12.4 s"],
  ])("%d ms are shown as %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  test("a timing says which target it misses, by how much and why", () => {
    const figure = timing({ what: "roll call", samples: hundred, p50: 50, p99: 50, why: "two cores" });
    expect(figure).toEqual({
      what: "roll call",
      measured: "p50 50 ms, p99 99 ms (100 times)",
      target: "p50 ≤ 50 ms, p99 ≤ 50 ms",
      missed: "p99 is 2.0 times the target: two cores",
    });
  });

  test("a target that is just met is not missed, and no target is none", () => {
    expect(single({ what: "memory", value: 3.5, limit: 3.5, unit: "GB", why: "" }).missed).toBeNull();
    expect(timing({ what: "any", samples: [9], why: "" })).toMatchObject({ target: null, missed: null });
  });
});

describe("the page of benchmarks", () => {
  const section = (name: string, measured: string) => ({
    ...{ name, about: "About.", origin: "Today." },
    figures: [{ what: "it", measured, target: "≤ 1", missed: null }],
  });
  const order = ["start", "bus"];

  test("a benchmark that was run alone replaces its own section only", () => {
    const whole = renderPage("", { head: "# Head", sections: [section("start", "11"), section("bus", "12")], order });
    const again = renderPage(whole, { head: "# New", sections: [section("bus", "13")], order });
    expect(again).toBe(whole.replace("# Head", "# New").replace("| 12 |", "| 13 |"));
    expect(again).toContain("| it | 11 | ≤ 1 | met |");
  });

  test("a missed target is in the table and explained below it", () => {
    const figures = [{ what: "it", measured: "3 ms", target: "≤ 1 ms", missed: "3.0 times the target: slow" }];
    const page = renderPage("", { head: "#", sections: [{ ...section("bus", ""), figures }], order });
    expect(page).toContain("| it | 3 ms | ≤ 1 ms | **missed** |");
    expect(page).toContain("- it: 3.0 times the target: slow");
  });
});

describe("the simulated fleet", () => {
  test("every simulated agent proves over real Redis that it works, and leaves no key behind", async () => {
    const place = { redisUrl: inject("redisUrl"), fleetKey: "a fleet key for tests, at least 32 characters" };
    const fleet = await startSimulatedFleet({ ...place, fleet: "bench-test", agents: 130, topics: 2 });
    const bus = openFleetBus({ url: place.redisUrl, fleet: "bench-test", fleetKey: place.fleetKey });
    try {
      const { agents } = await takeRoll(sightOf(fleet.compiled, bus), fleet.compiled.agents);
      expect(agents.filter(({ judgement }) => (judgement.rung ?? 0) >= 4)).toHaveLength(130);
    } finally {
      bus.close();
      await fleet.stop();
    }
    const redis = new Redis(place.redisUrl);
    expect(await redis.keys("rc:*bench-test*")).toEqual([]);
    redis.disconnect();
  });
});
