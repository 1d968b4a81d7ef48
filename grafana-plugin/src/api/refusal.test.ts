import { describe, expect, test } from "vitest";
import { readRefusal } from "./refusal.ts";

const ours = (code: string) => ({ code, message: "no", found: null, allowed: [], next: null, id: "r-1" });

describe("an answer that is no success", () => {
  test.each([
    ["nobody answers", 0, null, "away"],
    ["Grafana reaches nobody", 502, { message: "Bad gateway" }, "away"],
    ["a proxy between gives up", 504, "<html>", "away"],
    ["something broke on the way", 500, "oops", "away"],
    ["a part behind the service is away", 503, ours("unavailable"), "refused"],
    ["the service does not know who this is", 401, ours("unauthenticated"), "unknown-person"],
    ["the service says no", 403, ours("forbidden"), "refused"],
    ["Grafana says no", 403, { message: "plugin proxy route access denied" }, "refused"],
    ["there is no such route", 404, { message: "plugin proxy route not found" }, "refused"],
  ])("%s: %i is read as %s", (...[, status, body, kind]) => {
    expect(readRefusal(status, body).kind).toBe(kind);
  });

  test("keeps what was found, what is allowed, what to do next, and the id to quote", () => {
    const detail = { ...ours("invalid_input"), found: "bil", allowed: ["billing"], next: "Say billing." };
    expect(readRefusal(400, detail).detail).toEqual(detail);
  });
});
