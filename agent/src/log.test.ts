import { afterEach, expect, test, vi } from "vitest";
import { createLog } from "./log.ts";

afterEach(() => vi.restoreAllMocks());

test("a log line is one line, whatever a value holds", () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  createLog("billing").warn("refused", { reason: "a\nb \u001b[31m", missing: undefined, count: 3 });
  expect(write.mock.calls[0]?.[0]).toMatch(/^\S+Z warn refused agent=billing reason="a\\nb \\u001b\[31m" count=3\n$/);
});
