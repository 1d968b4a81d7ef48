import { expect, test } from "vitest";
import { parseTime } from "./clock.ts";

test("parseTime reads seconds and microseconds", () => {
  expect(parseTime(["1700000000", "123999"])).toBe(1_700_000_000_123);
});
