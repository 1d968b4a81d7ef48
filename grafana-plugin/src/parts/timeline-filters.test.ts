import { describe, expect, test } from "vitest";
import { fitsTimeline, readTimelineFilter } from "./timeline-filters.tsx";

const noon = new Date(2026, 10, 28, 12).getTime();
const entry = { at: noon - 3_600_000, type: "restart", state: "recovered" };
const yesterday = { ...entry, at: noon - 86_400_000 };
const fits = (query: string, one = entry) => fitsTimeline(one, readTimelineFilter(new URLSearchParams(query)), noon);

describe("a timeline narrowed by its address", () => {
  test.each([
    ["", entry, true],
    ["type=restart", entry, true],
    ["type=stop,restart", entry, true],
    ["type=stop", entry, false],
    ["state=failed", entry, false],
    ["type=restart&state=recovered&day=Today", entry, true],
    ["day=Today", yesterday, false],
    ["day=Yesterday", yesterday, true],
    ["day=Last 7 days", yesterday, true],
    ["day=Last 7 days", { ...entry, at: noon - 9 * 86_400_000 }, false],
    ["day=never", yesterday, true],
  ])("%j, %j: %j", (query, one, wanted) => expect(fits(query, one)).toBe(wanted));
});
