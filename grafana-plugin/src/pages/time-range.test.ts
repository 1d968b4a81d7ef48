import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { addressOf, moved, rangeIn, stretchQuery, zoneIn, zoomedOut } from "./time-range.ts";

const NOW = Date.UTC(2026, 10, 19, 12);
const HOUR = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW);
});
afterEach(() => void vi.useRealTimers());

const read = (search: string) => rangeIn(new URLSearchParams(search));
const absolute = (from: number, to: number) => read(`from=${from}&to=${to}`);

describe("the range of an address", () => {
  test.each([
    ["", "range=1h"],
    ["from=now-6h&to=now", "range=6h"],
    ["from=now-30d&to=now", "range=30d"],
    [`from=${NOW - 3 * HOUR}&to=${NOW - HOUR}`, `from=${NOW - 3 * HOUR}&to=${NOW - HOUR}`],
    ["from=now-2h&to=now-1h", `from=${NOW - 2 * HOUR}&to=${NOW - HOUR}`],
    [`from=${NOW - 90 * 60_000}&to=now`, `from=${NOW - 90 * 60_000}`],
  ])("%s is asked for as %s", (search, asked) => {
    expect(stretchQuery(read(search))).toBe(asked);
  });

  test.each(["from=now-6h", "from=soon&to=now", `from=${NOW}&to=${NOW - HOUR}`, "from=now&to=now-1h", "from=1&to=2x"])(
    "%s names none, so it is the last hour",
    (search) => expect(stretchQuery(read(search))).toBe("range=1h"),
  );

  test.each(["from=now-6h&to=now", `from=${NOW - 3 * HOUR}&to=${NOW - HOUR}`])(
    "%s is written as it was read",
    (search) => {
      expect(new URLSearchParams({ ...addressOf(read(search)) }).toString()).toBe(search);
    },
  );
});

describe("the zone of an address", () => {
  test("is where a day begins", () => {
    const midnight = Date.UTC(2026, 10, 18, 15);
    expect(stretchQuery(read("from=now%2Fd&to=now&timezone=Asia%2FTokyo"))).toBe(`from=${midnight}`);
    expect(stretchQuery(read("from=now%2Fd&to=now&timezone=utc"))).toBe(`from=${Date.UTC(2026, 10, 19)}`);
  });

  test("that nobody knows is the reader's", () => {
    expect(zoneIn(new URLSearchParams("timezone=Mars/Base"))).toBe(zoneIn(new URLSearchParams()));
  });
});

describe("a range that is moved", () => {
  const shown = { from: NOW - 6 * HOUR, to: NOW - 4 * HOUR };
  test("goes by half of its length, and never beyond now", () => {
    const range = absolute(shown.from, shown.to);
    expect(stretchQuery(moved(range, -1, NOW))).toBe(`from=${NOW - 7 * HOUR}&to=${NOW - 5 * HOUR}`);
    expect(stretchQuery(moved(range, 1, NOW))).toBe(`from=${NOW - 5 * HOUR}&to=${NOW - 3 * HOUR}`);
    expect(stretchQuery(moved(read(""), 1, NOW))).toBe(`from=${NOW - HOUR}&to=${NOW}`);
  });

  test("is twice as long when it is zoomed out, about the same middle", () => {
    expect(stretchQuery(zoomedOut(absolute(shown.from, shown.to), NOW))).toBe(
      `from=${NOW - 7 * HOUR}&to=${NOW - 3 * HOUR}`,
    );
    expect(stretchQuery(zoomedOut(read(""), NOW))).toBe(`from=${NOW - 2 * HOUR}&to=${NOW}`);
  });
});
