import { describe, expect, test } from "vitest";
import type { Chart, ChartLine, ChartPanel } from "../domain/chart.ts";
import { drawChart } from "./draw-chart.ts";

const FROM = Date.UTC(2026, 10, 29, 2, 0);
const TO = FROM + 3_600_000;
const line = (name: string, ...values: (number | null)[]): ChartLine => ({
  name,
  points: values.map((value, index) => [FROM + (index * 3_600_000) / Math.max(1, values.length - 1), value]),
});
const panel = (more: Partial<ChartPanel> = {}): ChartPanel => ({
  ...{ title: "Waiting", unit: "count", thresholds: [], lines: [line("billing", 1, 2, 3)] },
  ...more,
});
const draw = (more: Partial<Chart>): string =>
  drawChart({ title: "BusLagGrowing", from: FROM, to: TO, marks: [], panels: [panel()], ...more });
/** Paths of lines of values; grid, thresholds and marks are drawn thinner. */
const pathsIn = (svg: string): string[] =>
  [...svg.matchAll(/<path d="([^"]+)" fill="none" stroke="#[0-9a-f]{6}" stroke-width="3"/g)].map(([, d = ""]) => d);
const wordsIn = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, words = ""]) => words);

describe("a chart", () => {
  test("says what it is about, in which unit and when, and what each line says last", () => {
    const words = wordsIn(
      draw({ panels: [panel({ unit: "bytes", title: "Memory", lines: [line("a", 0, 2 ** 26)] })] }),
    );
    expect(words).toEqual(
      expect.arrayContaining(["BusLagGrowing", "times in UTC", "Memory", "a 64 MB", "0 B", "02:00", "02:30", "03:00"]),
    );
  });

  test("leaves a gap where nothing was measured, and makes no zero of it", () => {
    const paths = pathsIn(draw({ panels: [panel({ lines: [line("a", 4, 4, null, 4, 4)] })] }));
    expect(paths).toHaveLength(2);
    expect(new Set(paths.flatMap((path) => [...path.matchAll(/ ([\d.]+)/g)].map(([, y]) => y))).size).toBe(1);
  });

  test("shows a lone measurement as a dot", () => {
    expect(draw({ panels: [panel({ lines: [line("a", null, 4, null)] })] })).toContain("<circle");
  });

  test("does not say of a line that ended that its last value is that of now", () => {
    expect(wordsIn(draw({ panels: [panel({ lines: [line("a", 4, null)] })] }))).toContain("a last 4");
    expect(wordsIn(draw({ panels: [panel({ lines: [line("a", null, null)] })] }))).toContain("a not measured");
  });

  test("has room for a threshold that lies above all values", () => {
    const svg = draw({ panels: [panel({ thresholds: [{ value: 100, words: "from 100" }] })] });
    const [, y = ""] = /M92 ([\d.]+)L700 [\d.]+" stroke="#b3261e"/.exec(svg) ?? [];
    expect(Number(y)).toBeGreaterThan(56);
    expect(wordsIn(svg)).toContain("from 100");
  });

  test("draws rungs in steps: there is nothing between two of them", () => {
    expect(pathsIn(draw({ panels: [panel({ unit: "rung", lines: [line("a", 5, 0)] })] }))[0]).toMatch(
      /^M[\d. ]+H[\d.]+V[\d.]+$/,
    );
  });

  test("marks a moment within its time and none outside", () => {
    const marks = [
      { at: FROM + 60_000, words: "alert 02:01" },
      { at: FROM - 60_000, words: "alert 01:59" },
    ];
    const words = wordsIn(draw({ marks }));
    expect(words).toContain("alert 02:01");
    expect(words).not.toContain("alert 01:59");
  });

  test("names four lines and says how many are not drawn", () => {
    const svg = draw({ panels: [panel({ lines: ["a", "b", "c", "d", "e", "f"].map((name) => line(name, 1, 2)) })] });
    expect(pathsIn(svg)).toHaveLength(4);
    expect(wordsIn(svg)).toContain("2 more are not drawn");
  });

  test.each([
    ["markup", '</text><image href="http://127.0.0.1/x"/>&', /<image/],
    ["control characters", "\u0000\u001b\ud800", /\p{Cc}|\p{Cs}/u],
    ["a token", "xoxb-1234567890-abcdefghijkl", /xoxb-1234567890/],
  ])("takes %s in a name for words", (_, name, never) => {
    const svg = draw({ title: name, panels: [panel({ title: name, lines: [line(name, 1, 2)] })], marks: [] });
    expect(svg).not.toMatch(never);
    expect(svg.endsWith("</svg>")).toBe(true);
  });
});
