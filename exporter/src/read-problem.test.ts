import { describe, expect, test } from "vitest";
import { ReadProblem, reasonOf } from "./read-problem.ts";

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

describe("reasonOf", () => {
  test.each([
    ["refused", named("ReplyError", "NOPERM this user has no permissions")],
    ["refused", named("ReplyError", "WRONGPASS invalid username-password pair")],
    ["unreachable", named("ReplyError", "LOADING Redis is loading the dataset in memory")],
    ["timeout", new Error("Command timed out")],
    ["unreachable", named("MaxRetriesPerRequestError", "Reached the max retries per request limit")],
    ["bug", new TypeError("x is not a function")],
    ["bug", "not an error"],
    ["no-fleet", new ReadProblem("no-fleet")],
  ])("says %s for %s", (reason, error) => {
    expect(reasonOf(error)).toBe(reason);
  });
});
