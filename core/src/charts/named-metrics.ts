import type { ChartUnit } from "../domain/chart.ts";
import type { MeasureFunction } from "../measure-contract.ts";

/** What can be drawn by a short name. */
export interface NamedMetric {
  readonly title: string;
  readonly metric: string;
  readonly function: MeasureFunction;
  /** A line for each of these. */
  readonly by: "agent" | "topic";
  readonly unit: ChartUnit;
}

/** Names that people type after `chart`; docs/metrics.md says what each metric is. */
export const NAMED_METRICS = {
  memory: {
    title: "Memory",
    metric: "rollcall_agent_resident_memory_bytes",
    function: "max",
    unit: "bytes",
    by: "agent",
  },
  cpu: {
    title: "CPU, share of a core",
    metric: "rollcall_agent_cpu_seconds_total",
    function: "rate",
    unit: "ratio",
    by: "agent",
  },
  handled: {
    title: "Items handled",
    metric: "rollcall_agent_tasks_total",
    function: "rate",
    unit: "per second",
    by: "agent",
  },
  failed: {
    title: "Items failed",
    metric: "rollcall_agent_tasks_failed_total",
    function: "rate",
    unit: "per second",
    by: "agent",
  },
  "in-hand": {
    title: "Items in hand",
    metric: "rollcall_agent_in_flight",
    function: "max",
    unit: "count",
    by: "agent",
  },
  rung: { title: "Rung", metric: "rollcall_agent_rung", function: "min", unit: "rung", by: "agent" },
  delay: {
    title: "Delay of the event loop",
    metric: "rollcall_agent_event_loop_delay_seconds",
    function: "max",
    unit: "seconds",
    by: "agent",
  },
  events: {
    title: "Events published",
    metric: "rollcall_bus_events_total",
    function: "rate",
    unit: "per second",
    by: "topic",
  },
  waiting: { title: "Events that wait", metric: "rollcall_bus_group_lag", function: "max", unit: "count", by: "topic" },
  "dead-letters": {
    title: "Dead letters held",
    metric: "rollcall_bus_dead_letters_held",
    function: "max",
    unit: "count",
    by: "topic",
  },
  p95: {
    title: "Publish to handler, 95 %",
    metric: "rollcall_bus_publish_to_handle_seconds",
    function: "p95",
    unit: "seconds",
    by: "topic",
  },
} as const satisfies Readonly<Record<string, NamedMetric>>;

export type MetricName = keyof typeof NAMED_METRICS;
export const METRIC_NAMES = Object.keys(NAMED_METRICS) as MetricName[];
