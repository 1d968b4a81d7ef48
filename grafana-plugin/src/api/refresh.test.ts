import { describe, expect, test } from "vitest";
import { refreshMs } from "./refresh.ts";

describe("how often figures are read again", () => {
  test.each([
    ["auto", 15_000, 15_000],
    ["5s", 15_000, 5_000],
    ["1m", 15_000, 60_000],
    ["", 15_000, null],
    ["5s", null, null],
    ["a word that nobody offers", 15_000, 15_000],
  ])("chosen %j where the page says %j ms: %j", (choice, usual, wanted) => {
    expect(refreshMs(choice, usual)).toBe(wanted);
  });
});
