import { UPlotConfigBuilder } from "@grafana/ui";
import { expect, test } from "vitest";
import { figureWords } from "../parts/metric-card.tsx";
import { scaleOf } from "./series-chart.tsx";

/** The axis's ends where these were the least and the most. */
function endsOf(unit: string, least: number, most: number): readonly number[] {
  const builder = new UPlotConfigBuilder("browser");
  builder.addScale(scaleOf(unit));
  const range = builder.getConfig().scales?.[unit]?.range as (...of: unknown[]) => number[];
  const ends = range({ scales: { [unit]: { distr: 1 } } }, least, most, unit);
  // One end may be -0.
  return ends.map((end) => end + 0);
}

test.each([
  ["ratio", "1.0 %"],
  ["seconds", "10 ms"],
  ["per second", "1.0 /s"],
  ["bytes", "5 MiB"],
  ["cores", "0.10 cores"],
  ["events", "5"],
])("a chart of %s where all was 0 goes up to %s", (unit, top) => {
  const [least, most = Number.NaN] = endsOf(unit, 0, 0);
  expect([least, figureWords(most, unit)]).toEqual([0, top]);
});

test("what was measured has its place on the axis", () => {
  const [least, most] = endsOf("ratio", 0.2, 0.6);
  expect(least).toBe(0);
  expect(most).toBeGreaterThanOrEqual(0.6);
  expect(most).toBeLessThan(1);
});
