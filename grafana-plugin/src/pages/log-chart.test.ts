import { expect, test } from "vitest";
import { heightOf } from "./log-chart.tsx";

test("each band of a bar stands on those that are worse, and the whole is all lines", () => {
  const bucket = { from: 0, counts: { fatal: 1, error: 2, warn: 4, info: 8, debug: 16, trace: 32 } };
  expect([0, 1, 2, 3].map((band) => heightOf(bucket, band))).toEqual([3, 7, 15, 63]);
});

test("a stretch without lines has no bar", () => {
  expect([0, 3].map((band) => heightOf({ from: 0, counts: {} }, band))).toEqual([0, 0]);
});
