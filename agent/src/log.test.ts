import { withContext } from "@rollcall/core/protocol/request-context.ts";
import { afterEach, expect, test, vi } from "vitest";
import { createLog } from "./log.ts";

afterEach(() => vi.restoreAllMocks());

const TRACE = "a".repeat(32);
const context = { correlationId: "o-7", customerId: "c-3", traceparent: `00-${TRACE}-${"b".repeat(16)}-01` };
const written = () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => String(write.mock.calls.at(-1)?.[0]);
};

test("a log line is one line, whatever a value holds", () => {
  const last = written();
  createLog("billing").warn("refused", { reason: "a\nb \u001b[31m", missing: undefined, count: 3 });
  expect(last()).toMatch(/^\S+Z warn refused agent=billing reason="a\\nb \\u001b\[31m" count=3\n$/);
});

test("a log line names the trace, the correlation and the customer of the work it was written in", () => {
  const last = written();
  withContext(context, () => createLog("billing").error("failed"));
  expect(last()).toContain(`correlation_id=o-7 customer_id=c-3 trace_id=${TRACE}`);
});

test("log lines are JSON where no terminal shows them, with Google's field names if that is asked for", () => {
  const last = written();
  withContext(context, () => createLog("billing", "json").warn("late", { seconds: 3 }));
  expect(JSON.parse(last())).toMatchObject({
    level: "warn",
    msg: "late",
    agent: "billing",
    seconds: 3,
    trace_id: TRACE,
  });
  withContext(context, () => createLog("billing", "google").warn("late"));
  expect(JSON.parse(last())).toMatchObject({
    severity: "WARNING",
    message: "late",
    "logging.googleapis.com/trace": TRACE,
    "logging.googleapis.com/spanId": "b".repeat(16),
  });
  const { isTTY } = process.stderr;
  process.stderr.isTTY = true;
  createLog("billing", "auto").warn("late");
  process.stderr.isTTY = isTTY;
  expect(last()).toMatch(/Z warn late agent=billing\n$/);
});
