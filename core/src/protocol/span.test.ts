import { afterEach, describe, expect, test } from "vitest";
import { requestContext, withContext } from "./request-context.ts";
import { flushSpans, inSpan, inSpanOfTrace, startSpan, type Tracer, useTracer } from "./span.ts";
import { continueTrace } from "./traceparent.ts";

const PARENT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const carrying: Tracer = {
  start: (_name, { parent }) => ({ traceparent: continueTrace(parent), set: () => undefined, end: () => undefined }),
};
afterEach(() => useTracer(carrying));

describe("a span", () => {
  test("of a process without a tracer hands the trace on", async () => {
    const seen = await withContext({ requestId: "r", traceparent: PARENT }, () =>
      inSpan("do work", {}, () => requestContext()),
    );
    expect(seen).toMatchObject({ requestId: "r", traceparent: expect.stringContaining("a".repeat(32)) });
    expect(seen.traceparent).not.toBe(PARENT);
    expect(startSpan("begin work").traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    await flushSpans();
  });

  test("ends with the error that its work ended with", async () => {
    const ends: unknown[] = [];
    useTracer({ start: () => ({ traceparent: PARENT, set: () => undefined, end: (error) => ends.push(error) }) });
    await inSpan("do work", {}, () => 1);
    const failure = new Error("refused");
    await expect(inSpan("do work", {}, () => Promise.reject(failure))).rejects.toBe(failure);
    await expect(inSpan("do work", {}, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(ends).toEqual([undefined, failure, failure]);
  });

  test("is not begun for work that nobody asked for", async () => {
    const names: string[] = [];
    useTracer({
      start: (name, facts) => {
        names.push(name);
        return carrying.start(name, facts);
      },
    });
    await inSpanOfTrace("call Slack", {}, async () => 1);
    await withContext({ traceparent: PARENT }, () => inSpanOfTrace("call Redis", {}, async () => 1));
    expect(names).toEqual(["call Redis"]);
  });
});
