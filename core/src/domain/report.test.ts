import { describe, expect, test } from "vitest";
import { renderTimes, timeToken } from "./report.ts";

describe("renderTimes", () => {
  test("shows every moment of a text in the reader's way", () => {
    const text = `as of ${timeToken(1000)}, since ${timeToken(2000.4)}`;
    expect(renderTimes(text, (at) => `<${at}>`)).toBe("as of <1000>, since <2000>");
  });
  test("leaves everything else alone", () => {
    expect(renderTimes("{{time:x}} {{other:1}}", () => "no")).toBe("{{time:x}} {{other:1}}");
  });
});
