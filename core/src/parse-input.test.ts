import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parseInput } from "./parse-input.ts";

const input = z.strictObject({ who: z.array(z.string()).min(1), mode: z.enum(["soft", "hard"]).optional() });
const restart = { name: "restart", input };

function failureOf(command: Parameters<typeof parseInput>[0], raw: unknown): unknown {
  try {
    return parseInput(command, raw);
  } catch (error) {
    return error;
  }
}

describe("parseInput", () => {
  test("gives what the schema says", () => {
    expect(parseInput(restart, { who: ["billing"] })).toEqual({ who: ["billing"] });
  });

  test.each<[string, unknown, RegExp, object]>([
    ["a missing field", {}, /^who is missing$/, {}],
    [
      "an unknown field",
      { who: ["a"], fast: 1 },
      /^restart has no fast; it has who, mode$/,
      { allowed: ["who", "mode"] },
    ],
    [
      "a value that is not in the list",
      { who: ["a"], mode: "x" },
      /^mode is "x"/,
      { found: '"x"', allowed: ["soft", "hard"] },
    ],
    ["several at once", { who: [], mode: 1 }, /who is \[\].*; mode is 1/, {}],
    ["no object", ["a"], /^restart is \["a"\]/, { found: '["a"]' }],
    ["a very long value", { who: "x".repeat(5000) }, /^who is/, { found: `"${"x".repeat(98)}…` }],
    ["numbers as text", { who: [1] }, /^who\.0 is 1, allowed: string/, { found: "1" }],
  ])("%s is said with what is allowed", (...[, raw, message, detail]) => {
    expect(failureOf(restart, raw)).toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(message),
      detail,
    });
  });

  test("a command that takes nothing says so", () => {
    expect(failureOf({ name: "status", input: z.strictObject({}) }, { all: true })).toMatchObject({
      message: "status has no all; it takes nothing",
    });
  });
});
