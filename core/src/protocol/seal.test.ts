import { describe, expect, test } from "vitest";
import { deriveAgentKey, openSeal, seal } from "./seal.ts";

const key = deriveAgentKey("a fleet key of at least 32 characters", "billing");

describe("openSeal", () => {
  test("returns the JSON that was sealed with the same key", () => {
    expect(openSeal(key, seal(key, { a: 1 }))).toBe('{"a":1}');
  });

  test.each([
    ["another agent's key", seal(deriveAgentKey("a fleet key of at least 32 characters", "invoices"), { a: 1 })],
    ["a changed body", seal(key, { a: 1 }).replace('"a":1', '"a":2')],
    ["a cut signature", seal(key, { a: 1 }).replace("v1.", "v1")],
    ["no seal", '{"a":1}'],
    ["nothing", ""],
  ])("refuses %s", (_, sealed) => {
    expect(openSeal(key, sealed)).toBeNull();
  });
});
