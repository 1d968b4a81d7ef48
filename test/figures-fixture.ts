import { openFigures } from "@rollcall/core/adapters/prometheus/figures.ts";
import type { Figures } from "@rollcall/core/ports/figures.ts";
import { afterAll, inject } from "vitest";
import { type History, type PrometheusUnderTest, startPrometheus } from "./prometheus.ts";

export const STEP = 5;
export const STEPS = 720;
const started: PrometheusUnderTest[] = [];
afterAll(async () => {
  for (const one of started) await one.stop();
});

export const HOUR_MS = 3_600_000;
export const to = Math.floor(Date.now() / 1000) * 1000;
export const from = to - HOUR_MS;
export const fleet = 'the "demo"\\fleet';
export const flat = (value: number) => Array.from({ length: STEPS + 1 }, () => value);
/** A counter that grows by so much with each step. */
export const growing = (by: number, start = 1000) => Array.from({ length: STEPS + 1 }, (_, step) => start + by * step);
/** What the exporter measures, as two exporters measure it. */
export const twice = (name: string, labels: Record<string, string>, values: readonly (number | null)[]) =>
  ["a:9464", "b:9464"].map((instance) => ({ name, labels: { fleet, instance, ...labels }, values }));

const BUCKETS = { "0.01": 0.5, "0.1": 0.9, "1": 0.99, "+Inf": 1 };
const latency = (topic: string, perStep: number) => [
  ...Object.entries(BUCKETS).flatMap(([le, share]) =>
    twice("rollcall_bus_publish_to_handle_seconds_bucket", { topic, le }, growing(perStep * share)),
  ),
  ...twice("rollcall_bus_publish_to_handle_seconds_count", { topic }, growing(perStep)),
];

/** An hour in which all was measured. */
export const PAST = [
  ...twice("rollcall_fleet_agents_expected", {}, flat(3)),
  ...twice("rollcall_fleet_agents_judged", { verdict: "working" }, flat(1)),
  ...twice("rollcall_fleet_agents_judged", { verdict: "busy" }, flat(1)),
  ...twice("rollcall_fleet_agents_judged", { verdict: "gone" }, flat(1)),
  ...twice("rollcall_bus_events_total", { topic: "orders.new" }, growing(50)),
  ...twice("rollcall_bus_events_total", { topic: "orders.paid" }, growing(10)),
  ...twice("rollcall_agent_tasks_total", { agent: "billing" }, growing(45)),
  ...twice("rollcall_agent_tasks_total", { agent: "shipping" }, growing(9)),
  ...twice("rollcall_agent_tasks_failed_total", { agent: "billing" }, growing(6)),
  ...twice("rollcall_agent_tasks_failed_total", { agent: "shipping" }, flat(0)),
  ...latency("orders.new", 50),
  ...twice("rollcall_bus_group_lag", { topic: "orders.new", group: "billing" }, flat(7)),
  ...twice("rollcall_bus_group_lag", { topic: "orders.paid", group: "billing" }, flat(2)),
  ...twice("rollcall_bus_group_lag", { topic: "orders.paid", group: "shipping" }, flat(0)),
  ...twice("rollcall_bus_group_lag_unknown", { topic: "orders.paid", group: "shipping" }, flat(0)),
  ...twice("rollcall_bus_group_pending", { topic: "orders.new", group: "billing" }, flat(4)),
  ...twice("rollcall_bus_dead_letters_total", { topic: "orders.new" }, growing(1)),
  { name: "ALERTS", labels: { alertname: "AgentGone", alertstate: "firing", agent: "x" }, values: flat(1) },
  { name: "ALERTS", labels: { alertname: "Watchdog", alertstate: "firing" }, values: flat(1) },
  { name: "rollcall_uptime_seconds", labels: { job: "rollcall-control" }, values: growing(5) },
  ...["200", "503"].map((status) => ({
    name: "rollcall_http_requests_total",
    labels: { job: "rollcall-control", route: "/api/v1/agents", status },
    values: growing(status === "200" ? 18 : 2),
  })),
  { name: "process_cpu_seconds_total", labels: { job: "rollcall-control" }, values: growing(0.5) },
  { name: "process_resident_memory_bytes", labels: { job: "rollcall-control" }, values: flat(123_000_000) },
  // Another fleet that the same Prometheus measures.
  { name: "rollcall_bus_events_total", labels: { fleet: "other", topic: "orders.new" }, values: growing(9_000) },
  { name: "rollcall_fleet_agents_expected", labels: { fleet: "other" }, values: flat(500) },
];

/** Figures out of a real Prometheus that holds a history. @param now ms */
export async function openHistory(
  history: { readonly from: number; readonly stepSeconds: number; readonly series: readonly History[] },
  now = to,
): Promise<Figures> {
  const prometheus = await startPrometheus(inject("toolsDir"), history);
  started.push(prometheus);
  return openFigures({ url: prometheus.url, fleet, clock: { now: () => now } });
}

/** Those of the last hour. */
export const openOn = (series: readonly History[], now = to): Promise<Figures> =>
  openHistory({ from, stepSeconds: STEP, series }, now);
