import { describe, expect, test } from "vitest";
import { axisOf, tickWords, timeTicks, valueWords } from "./axis.ts";

describe("an axis", () => {
  test.each([
    ["count", [3, 128], [0, 50, 100, 150]],
    ["count", [1], [0, 1]],
    ["count", [], [0, 1]],
    ["bytes", [80 * 1024 ** 2, 300 * 1024 ** 2], [0, 128, 256, 384].map((size) => size * 1024 ** 2)],
    ["seconds", [130], [0, 60, 120, 180]],
    ["rung", [5], [0, 1, 2, 3, 4, 5]],
    ["count", [-20, 50], [-20, 0, 20, 40, 60]],
  ] as const)("of %s with %j has its lines at %j", (unit, values, ticks) => {
    expect(axisOf(unit, values).ticks).toEqual(ticks);
  });

  test("holds every value, whatever the size", () => {
    for (const unit of ["bytes", "count", "per second", "ratio", "seconds"] as const) {
      for (let exponent = -9; exponent <= 15; exponent += 1) {
        const value = 7.3 * 10 ** exponent;
        const { low, high, ticks } = axisOf(unit, [value]);
        expect([unit, value, low <= 0, high >= value, ticks.length <= 6]).toEqual([unit, value, true, true, true]);
      }
    }
  });
});

test.each([
  ["bytes", 64 * 1024 ** 2, "64 MB"],
  ["bytes", 0, "0 B"],
  ["ratio", 0.0144, "1.44 %"],
  ["per second", 1500, "1.5 k/s"],
  ["per second", 4.13, "4.13/s"],
  ["seconds", 0.25, "250 ms"],
  ["seconds", 45, "45 s"],
  ["seconds", 600, "10 min"],
  ["count", 128, "128"],
  ["rung", 5, "5"],
] as const)("%s of %d is written as %s", (unit, value, words) => {
  expect(valueWords(unit, value)).toBe(words);
});

test("an hour has six or seven times on whole steps, and a day has no more", () => {
  const from = Date.UTC(2026, 10, 29, 2, 17, 15);
  const hour = timeTicks(from, from + 3_600_000);
  expect(hour.map((at) => new Date(at).toISOString().slice(11, 16))).toEqual([
    ...["02:20", "02:30", "02:40", "02:50", "03:00", "03:10"],
  ]);
  expect(timeTicks(from, from + 86_400_000).length).toBeLessThanOrEqual(7);
});

test("a day is labelled by the clock, a month by its dates", () => {
  const from = Date.UTC(2026, 10, 1, 2, 17);
  const labels = (days: number): string[] => {
    const ticks = timeTicks(from, from + days * 86_400_000);
    return ticks.map((at) => tickWords(at, ticks));
  };
  expect(labels(1).slice(0, 2)).toEqual(["04:00", "08:00"]);
  expect(labels(30)).toEqual(["3 Nov", "8 Nov", "13 Nov", "18 Nov", "23 Nov", "28 Nov"]);
});
