import { describe, expect, test } from "vitest";
import { untilField, untilMoment } from "./until-time.ts";

const at = (text: string): number => Date.parse(text);

describe("how long something lasts", () => {
  test.each([
    ["30m", "2026-11-30T03:00:00Z", "UTC", "2026-11-30T03:30:00Z"],
    ["24h", "2026-11-30T03:00:00Z", "UTC", "2026-12-01T03:00:00Z"],
    ["until 08:30", "2026-11-30T03:00:12Z", "UTC", "2026-11-30T08:30:00Z"],
    ["until 8:30", "2026-11-30T03:00:12Z", "UTC", "2026-11-30T08:30:00Z"],
    ["until 08:30", "2026-11-30T08:30:00Z", "UTC", "2026-12-01T08:30:00Z"],
    ["until 08:30", "2026-11-30T03:00:00Z", "Europe/Berlin", "2026-11-30T07:30:00Z"],
    ["until 08:30", "2026-11-30T03:00:00Z", "Asia/Kolkata", "2026-12-01T03:00:00Z"],
    ["until 08:30", "2026-10-24T20:00:00Z", "Europe/Berlin", "2026-10-25T07:30:00Z"],
  ])("%s from %s in %s is %s", (time, ...[from, zone, until]) => {
    expect(new Date(untilMoment(time, { from: at(from), zone })).toISOString()).toBe(new Date(at(until)).toISOString());
  });

  test.each(["25h", "1441m"])("%s is more than a day, and refused", (time) => {
    expect(() => untilMoment(time, { from: 0, zone: "UTC" })).toThrow("too long; at most 24h");
  });

  test("a time that clocks leave out is refused", () => {
    const from = at("2026-03-28T23:30:00Z");
    const asked = () => untilMoment("until 02:30", { from: from + 3_600_000, zone: "Europe/Berlin" });
    expect(new Date(untilMoment("until 01:30", { from, zone: "Europe/Berlin" })).getTime()).toBeGreaterThan(from);
    expect(new Date(asked()).toISOString()).toBe("2026-03-30T00:30:00.000Z");
  });

  test.each(["", "0h", "1w", "3d", "until", "until 25:00", "08:30", "until 08:61", "until noon"])(
    "%j is none",
    (time) => {
      expect(untilField.safeParse(time).success).toBe(false);
    },
  );
});
