import { describe, expect, test } from "vitest";
import { createApiCalls } from "./api-calls.ts";

describe("createApiCalls", () => {
  test("counts what went well and what failed, and keeps what the API last said of its limit", () => {
    const calls = createApiCalls();
    calls.count("mail", { limit: 100, remaining: 99 });
    calls.count("mail", { failed: true });
    calls.count("mail", { remaining: 97, resetsAt: 1_000 });
    expect(calls.totals()).toEqual({ mail: { done: 2, failed: 1, limit: 100, remaining: 97, resetsAt: 1_000 } });
  });

  test("a limit that is no count is left out", () => {
    const calls = createApiCalls();
    calls.count("mail", { limit: Number.NaN, remaining: -1 });
    expect(calls.totals()).toEqual({ mail: { done: 1, failed: 0 } });
  });

  test("says why a name or one API more is refused", () => {
    const calls = createApiCalls();
    expect(() => calls.count("Mail API")).toThrow('"Mail API" is no name of an API: a-z, 0-9 and -');
    for (let index = 0; index < 16; index += 1) calls.count(`api-${index}`);
    expect(() => calls.count("one-more")).toThrow("one-more is one API too many");
    calls.count("api-3");
    expect(calls.totals()["api-3"]?.done).toBe(2);
  });
});
