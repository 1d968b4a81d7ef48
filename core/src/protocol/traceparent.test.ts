import { describe, expect, test } from "vitest";
import { continueTrace, readTraceparent } from "./traceparent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

describe("traceparent", () => {
  test("is read as W3C writes it, also of a later version", () => {
    expect(readTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true });
    expect(readTraceparent(`00-${TRACE}-${SPAN}-00`)).toMatchObject({ isSampled: false });
    expect(readTraceparent(`cc-${TRACE}-${SPAN}-03-more`)).toMatchObject({ traceId: TRACE, isSampled: true });
  });

  test.each([
    undefined,
    "",
    "nonsense",
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    ` 00-${TRACE}-${SPAN}-01`,
  ])("%j is none, and begins a new trace", (text) => {
    expect(readTraceparent(text)).toBeNull();
    expect(readTraceparent(continueTrace(text))).toMatchObject({ isSampled: true });
    expect(continueTrace(text)).not.toContain(TRACE);
  });

  test("goes on with a span of our own and the sampling it came with", () => {
    const next = readTraceparent(continueTrace(`00-${TRACE}-${SPAN}-00`));
    expect(next).toMatchObject({ traceId: TRACE, isSampled: false });
    expect(next?.spanId).not.toBe(SPAN);
  });
});
