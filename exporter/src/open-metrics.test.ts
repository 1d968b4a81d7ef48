import { MonitoringStage } from "@rollcall/test/monitoring-stage.ts";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { FakeFleet, figuresOf } from "../test/fake-fleet.ts";
import { agents, startTestExporter, topics } from "../test/test-exporter.ts";
import type { Exporter } from "./exporter.ts";

const FLEET = "open-metrics-test";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
/** As Prometheus 2.42 sends it. */
const PROMETHEUS =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

describe("the exporter, asked for OpenMetrics by a real Prometheus", () => {
  let monitoring: MonitoringStage;
  let fleet: FakeFleet;
  let exporter: Exporter;

  beforeAll(async () => {
    monitoring = new MonitoringStage({ toolsDir: inject("toolsDir"), quick: true });
    await monitoring.open();
    fleet = new FakeFleet(inject("redisUrl"), FLEET);
    await fleet.publish({ agents, topics });
    exporter = await startTestExporter(inject("redisUrl"), FLEET, {
      ROLLCALL_EXPORTER_PORT: String(monitoring.ports.exporter),
    });
  }, 300_000);
  afterAll(async () => {
    await exporter.stop();
    await monitoring.close();
    await fleet.clear();
    fleet.close();
  });
  const eventually = (facts: () => Promise<void>) => vi.waitFor(facts, { timeout: 60_000, interval: 200 });
  const scrape = async (accept: string) => {
    const response = await fetch(`${exporter.url}/metrics`, { headers: { accept } });
    return { type: response.headers.get("content-type"), text: await response.text() };
  };

  test("gives it trace ids of slow events, which it keeps", async () => {
    await eventually(async () => expect(await monitoring.query("rollcall_fleet_agents_expected")).toEqual([2]));
    const now = await fleet.now();
    const slowest = { seconds: 0.9, traceId: TRACE, at: now };
    const figures = figuresOf({ stages: { handle: { first: 0, counts: [1], sumSeconds: 0.9, slowest } } });
    await fleet.beat("billing", { startedAt: now + 1000, figures });
    await eventually(async () => {
      const { type, text } = await scrape(PROMETHEUS);
      expect(type).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
      expect(text).toContain(
        `rollcall_bus_handle_to_done_seconds_bucket{le="1",fleet="${FLEET}"} 1 # {trace_id="${TRACE}"} 0.9 ${now / 1000}\n`,
      );
      expect(text.endsWith("# EOF\n")).toBe(true);
    });
    await eventually(async () => {
      const asked = new URLSearchParams({
        query: "rollcall_bus_handle_to_done_seconds_bucket",
        ...{ start: String(now / 1000 - 60), end: String(now / 1000 + 60) },
      });
      const answer = await fetch(`http://127.0.0.1:${monitoring.ports.prometheus}/api/v1/query_exemplars?${asked}`);
      expect(JSON.stringify(await answer.json())).toContain(`"trace_id":"${TRACE}"`);
    });
    expect(await monitoring.query('up{job="rollcall-exporter"}')).toEqual([1]);
    expect(await monitoring.query("rollcall_bus_handle_to_done_seconds_count")).toEqual([1]);
  }, 120_000);

  test("gives the text format to whoever asks for that, without an example", async () => {
    const { type, text } = await scrape("text/plain");
    expect(type).toContain("text/plain");
    expect(text).not.toContain("trace_id");
  });
});
