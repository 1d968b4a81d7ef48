import { createTask } from "node-cron";
import { describe, expect, test } from "vitest";
import { isTimeZone, newestDue } from "./due-time.ts";

function duesOf(cron: string, { zone, from, to }: { zone: string; from: string; to: string }): string[] {
  const wall = createTask(cron, () => undefined, { timezone: "UTC" });
  const timetable = { cron, zone, matches: (date: Date) => wall.match(date) };
  const found = new Set<string>();
  for (let at = Date.parse(from); at < Date.parse(to); at += 60_000) {
    const due = newestDue(timetable, at);
    if (due !== null) found.add(due);
  }
  void wall.destroy();
  return [...found];
}

describe("what is due", () => {
  const night = { zone: "America/New_York", from: "2027-03-13T00:00:00Z", to: "2027-03-16T00:00:00Z" };

  test("is one time a day where clocks are put forward over it", () => {
    expect(duesOf("30 2 * * *", night)).toEqual([
      "2027-03-13T02:30 America/New_York",
      "2027-03-14T02:30 America/New_York",
      "2027-03-15T02:30 America/New_York",
    ]);
  });

  test("is one time a day where clocks are put back over it", () => {
    const back = { zone: "America/New_York", from: "2027-11-06T04:00:00Z", to: "2027-11-09T05:00:00Z" };
    expect(duesOf("30 1 * * *", back)).toEqual([
      "2027-11-06T01:30 America/New_York",
      "2027-11-07T01:30 America/New_York",
      "2027-11-08T01:30 America/New_York",
    ]);
  });

  test("follows the hours as they pass if it is due in every hour", () => {
    const hours = { zone: "America/New_York", from: "2027-11-07T04:50:00Z", to: "2027-11-07T08:00:00Z" };
    expect(duesOf("0 * * * *", hours)).toEqual([
      "2027-11-07T05:00:00.000Z",
      "2027-11-07T06:00:00.000Z",
      "2027-11-07T07:00:00.000Z",
    ]);
  });

  test("goes by the weekday there, not here", () => {
    const sunday = { zone: "Pacific/Auckland", from: "2027-06-05T00:00:00Z", to: "2027-06-07T00:00:00Z" };
    expect(duesOf("0 3 * * 0", sunday)).toEqual(["2027-06-06T03:00 Pacific/Auckland"]);
  });

  test("is forgotten after ten minutes", () => {
    const late = { zone: "UTC", from: "2027-06-05T02:40:00Z", to: "2027-06-05T02:50:00Z" };
    expect(duesOf("30 2 * * *", late)).toEqual([]);
  });
});

test.each([
  ["UTC", true],
  ["Europe/Berlin", true],
  ["Europe/Atlantis", false],
  ["", false],
])("%j is a time zone: %s", (name, is) => {
  expect(isTimeZone(name)).toBe(is);
});
