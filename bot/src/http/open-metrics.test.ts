import { MonitoringStage } from "@rollcall/test/monitoring-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { callers, makeApp, operationOf } from "./app-fixture.ts";

const traceOf = (digit: string, flags = "01") => ({
  traceId: digit.repeat(32),
  traceparent: `00-${digit.repeat(32)}-00f067aa0ba902b7-${flags}`,
});
const REQUEST = traceOf("a");
const RESTART = traceOf("b");
const UNKEPT = traceOf("c", "00");
const SCRAPE = traceOf("d");

describe("/metrics of the control service, asked for OpenMetrics by a real Prometheus", () => {
  const { app, metrics } = makeApp();
  let monitoring: MonitoringStage;

  beforeAll(async () => {
    monitoring = new MonitoringStage({ toolsDir: inject("toolsDir"), quick: true });
    await monitoring.open();
    await app.listen({ port: monitoring.ports.control, host: "127.0.0.1" });
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await monitoring.close();
  });
  const look = (traceparent: string) =>
    app.inject({ url: "/api/v1/agents/billing", headers: { ...callers.viewer, traceparent } });
  const scrape = async (accept: string) => {
    const { headers, body } = await app.inject({
      url: "/metrics",
      headers: { accept, traceparent: SCRAPE.traceparent },
    });
    return { type: headers["content-type"], body };
  };
  const eventually = (facts: () => Promise<void>) => vi.waitFor(facts, { timeout: 60_000, interval: 200 });
  const examplesOf = async (series: string): Promise<string> => {
    const now = Date.now() / 1000;
    const asked = new URLSearchParams({ query: series, start: String(now - 300), end: String(now + 60) });
    const url = `http://127.0.0.1:${monitoring.ports.prometheus}/api/v1/query_exemplars?${asked}`;
    return (await fetch(url, { signal: AbortSignal.timeout(5000) })).text();
  };

  test("gives it the traces of requests and of operations, which it keeps, and all series by their names", async () => {
    await look(REQUEST.traceparent);
    const origin = { traceparent: RESTART.traceparent, correlationId: null, customerId: null };
    metrics.commands.ended(operationOf({ state: "ended", createdAt: 1000, endedAt: 42_000, origin }));
    await eventually(async () => {
      expect(await examplesOf("rollcall_http_request_duration_seconds_bucket")).toContain(REQUEST.traceId);
      expect(await examplesOf("rollcall_command_duration_seconds_bucket")).toContain(RESTART.traceId);
    });
    expect(await monitoring.query('up{job="rollcall-control"}')).toEqual([1]);
    const series = 'rollcall_http_requests_total{route="/api/v1/agents/:id",status="200"}';
    expect(await monitoring.query(series)).toEqual([1]);
  }, 120_000);

  test("names no trace that is not kept, and none of a scrape", async () => {
    await look(UNKEPT.traceparent);
    await scrape("text/plain");
    const { type, body } = await scrape("application/openmetrics-text");
    expect(type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect(body).toContain(`# {trace_id="${REQUEST.traceId}"}`);
    expect(body).not.toContain(UNKEPT.traceId);
    expect(body).not.toContain(SCRAPE.traceId);
    expect(body.endsWith("# EOF\n")).toBe(true);
  });

  test("gives the text format to whoever asks for that, without an example and with counters by their full names", async () => {
    const { type, body } = await scrape("text/plain");
    expect(type).toContain("text/plain; version=0.0.4");
    expect(body).toContain("# TYPE rollcall_http_requests_total counter");
    expect(body).not.toContain("trace_id");
  });
});
