import { describe, expect, test } from "vitest";
import { BY_HAND_ALERT } from "../domain/incident.ts";
import { minutesAwake } from "./minutes-awake.ts";
import { dateWords, nightMs, periodOf } from "./report-period.ts";

const at = (text: string): number => Date.parse(text);
const HOUR_MS = 3_600_000;

describe("the period of a report", () => {
  test.each([
    ["daily", 24],
    ["weekly", 168],
    ["monthly", 720],
  ] as const)("that is %s is %i hours, up to now", (kind, hours) => {
    const now = at("2026-11-29T19:20:31Z");
    expect(periodOf(kind, now, "UTC")).toEqual({ from: now - hours * HOUR_MS, to: now });
  });

  test.each([
    ["at 08:30 goes back a day", "2026-11-29T08:30:00Z", "2026-11-28T08:30:00.000Z"],
    ["a little early goes back to the day before", "2026-11-29T08:10:00Z", "2026-11-28T08:30:00.000Z"],
    ["two hours later still does", "2026-11-29T10:29:59Z", "2026-11-28T08:30:00.000Z"],
    ["in the evening begins in the morning", "2026-11-29T19:20:31Z", "2026-11-29T08:30:00.000Z"],
  ])("of a hand-over %s", (_, now, from) => {
    expect(new Date(periodOf("handover", at(now), "UTC").from).toISOString()).toBe(from);
  });

  test.each([
    ["Europe/Berlin", "2026-11-29T19:20:31Z", "2026-11-29T07:30:00.000Z"],
    // Clocks were put back in that night.
    ["Europe/Berlin", "2026-10-25T07:30:00Z", "2026-10-24T06:30:00.000Z"],
    ["Asia/Kolkata", "2026-11-29T19:20:00Z", "2026-11-29T03:00:00.000Z"],
  ])("of a hand-over goes by the clock of %s", (zone, now, from) => {
    expect(new Date(periodOf("handover", at(now), zone).from).toISOString()).toBe(from);
  });
});

describe("a night", () => {
  const minutesOf = (span: string, zone: string): number => {
    const [from = "", to = ""] = span.split(" to ");
    return nightMs({ from: at(from), to: at(to) }, zone) / 60_000;
  };

  test.each([
    ["2026-11-28T12:00:00Z to 2026-11-29T12:00:00Z", 600],
    ["2026-11-29T08:00:00Z to 2026-11-29T22:00:00Z", 0],
    ["2026-11-29T07:50:00Z to 2026-11-29T08:40:00Z", 10],
  ])("has of %s %i minutes", (span, minutes) => {
    expect(minutesOf(span, "UTC")).toBe(minutes);
  });

  test("is that of the people, and an hour longer when clocks are put back", () => {
    expect(minutesOf("2026-11-29T06:50:00Z to 2026-11-29T07:40:00Z", "Europe/Berlin")).toBe(10);
    expect(minutesOf("2026-10-24T12:00:00Z to 2026-10-25T12:00:00Z", "Europe/Berlin")).toBe(660);
  });
});

describe("minutes awake", () => {
  const period = { from: at("2026-11-28T08:30:00Z"), to: at("2026-11-29T08:30:00Z") };
  const alert = (from: string, to: string | null, criticality: "P0" | "P1" | "P2" = "P1") => ({
    criticality,
    openedAt: at(`2026-11-29T${from}Z`),
    resolvedAt: to === null ? null : at(`2026-11-29T${to}Z`),
  });

  test.each([
    ["count from the ring to the end", [alert("03:07:44", "03:08:26")], 1],
    ["count what overlaps once", [alert("03:00:00", "03:30:00"), alert("03:10:00", "03:20:00", "P0")], 30],
    ["add up what does not", [alert("01:00:00", "01:05:00"), alert("03:00:00", "03:10:00")], 15],
    ["do not count what rings nobody", [alert("03:00:00", "03:30:00", "P2")], 0],
    [
      "do not count what somebody opened by hand, which rang nobody",
      [{ ...alert("03:00:00", "03:30:00", "P0"), alertname: BY_HAND_ALERT }],
      0,
    ],
    ["end with the night, though it still fires", [alert("07:30:00", null)], 30],
    [
      "do not go back before the period",
      [{ ...alert("00:00:00", "00:10:00"), openedAt: at("2026-11-27T03:00:00Z") }],
      130,
    ],
    ["are none of a quiet night", [], 0],
  ])("%s", (_, alerts, minutes) => {
    expect(minutesAwake(alerts, period, "UTC")).toBe(minutes);
  });
});

test("a date is written as people write it, in their zone", () => {
  expect(dateWords(at("2026-11-28T07:30:00Z"), "Europe/Berlin")).toBe("Sat 28 Nov 08:30");
});
