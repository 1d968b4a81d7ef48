import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LIMIT_NAMES, LIMITS, limitWords, readLimits } from "./limits.ts";

describe("the table of limits", () => {
  test("is the standard if nothing is said", () => {
    expect(readLimits("")).toEqual(LIMITS);
  });

  test("is changed one by one", () => {
    const table = readLimits("acts=20/2m, roll-call-fleet=off,reads = 5/1h");
    expect(table).toEqual({
      ...LIMITS,
      acts: { ...LIMITS.acts, most: 20, seconds: 120 },
      "roll-call-fleet": null,
      reads: { ...LIMITS.reads, most: 5, seconds: 3600 },
    });
  });

  test.each([
    "acts",
    "acts=",
    "acts=0/1m",
    "acts=10",
    "acts=10/1d",
    "acts=10/99h",
    "acts=-1/1m",
    "walks=1/1m",
    "__proto__=off",
  ])("%j is refused", (text) => {
    expect(readLimits(text)).toMatchObject({ problem: expect.stringMatching(/10\/1m/) });
  });

  test("is what docs/limits.md says", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/limits.md"), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|/gm)].map(([, name, standard]) => [name, standard]);
    const words = LIMIT_NAMES.map((name) => [name, limitWords({ ...LIMITS[name], what: "" }).replace(/ +/g, " ")]);
    expect(rows).toEqual(words);
  });
});

test.each([
  [{ most: 10, seconds: 60, what: "changes by one person" }, "10 changes by one person in a minute"],
  [{ most: 1, seconds: 30, what: "roll calls of the whole fleet" }, "1 roll call of the whole fleet in 30 seconds"],
  [{ most: 60, seconds: 3600, what: "changes" }, "60 changes in an hour"],
])("%j in words", (limit, words) => {
  expect(limitWords(limit)).toBe(words);
});
