import { makeBoard } from "../board.ts";
import { chart, number, rows } from "../panel.ts";

const FLEET = 'fleet=~"$fleet"';
const QUANTILES = [0.5, 0.95, 0.99] as const;

/** How well Rollcall itself does what it promises. */
export default makeBoard({
  uid: "rollcall-sre",
  title: "SRE",
  description:
    "Error budget, answers, stores, the alert path and the exporter: whether what this product shows can be trusted",
  revision: 2,
  narrows: [],
  since: "now-6h",
  sections: [
    {
      title: "Service level: 99.9 % of answers are right, 95 % take at most 200 ms",
      panels: [
        number({
          ...{ title: "Budget burns, 1 h", unit: "none", span: 6, warnAt: [1, 14.4], decimals: 1, min: 0 },
          description:
            "How many times as fast as allowed the month's error budget is spent, over an hour. From 14.4 on somebody is woken.",
          queries: [{ expr: "service:rollcall_http_requests_failed:ratio1h / 0.001", legend: "times" }],
        }),
        number({
          ...{ title: "Budget burns, 6 h", unit: "none", span: 6, warnAt: [1, 6], decimals: 1, min: 0 },
          description: "The same over six hours.",
          queries: [{ expr: "service:rollcall_http_requests_failed:ratio6h / 0.001", legend: "times" }],
        }),
        number({
          ...{ title: "Slower than 200 ms", unit: "percentunit", span: 6, warnAt: [0.05, 0.1], decimals: 2, min: 0 },
          description: "Share of answers that took longer than 200 ms over an hour; 5 % may.",
          queries: [{ expr: "service:rollcall_http_requests_slow:ratio1h", legend: "slow" }],
        }),
        number({
          ...{ title: "Alert path", unit: "s", span: 6, warnAt: [60, 180], decimals: 0 },
          description:
            "Since when the alert that always fires last came through Prometheus and Alertmanager to the control service.",
          queries: [{ expr: "time() - max(rollcall_watchdog_last_received_timestamp_seconds)", legend: "ago" }],
        }),
      ],
    },
    {
      title: "Answers",
      panels: [
        chart({
          ...{ title: "Answers of 5xx by route", unit: "reqps", span: 12, min: 0 },
          description: "Failures each second by route; 0 of all routes where there are none.",
          queries: [
            {
              expr: 'sum by (route) (rate(rollcall_http_requests_total{status=~"5.."}[5m])) or label_replace(vector(0), "route", "any", "", "")',
              legend: "{{route}}",
            },
          ],
        }),
        chart({
          ...{ title: "Slowest routes", unit: "s", span: 12, min: 0, warnAt: [0.2, 0.5] },
          description: "95th percentile of the ten slowest routes, over five minutes.",
          queries: [
            {
              expr: "topk(10, histogram_quantile(0.95, sum by (route, le) (rate(rollcall_http_request_duration_seconds_bucket[5m]))))",
              legend: "{{route}}",
            },
          ],
        }),
        chart({
          ...{ title: "PostgreSQL: time of a statement", unit: "s", span: 12, min: 0 },
          description: "Percentiles over five minutes. A statement is ended after 2 s.",
          queries: QUANTILES.map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(rollcall_database_query_duration_seconds_bucket[5m])))`,
            legend: `p${quantile * 100}`,
          })),
        }),
        chart({
          ...{ title: "PostgreSQL: connections", unit: "short", span: 12, min: 0, decimals: 0 },
          description:
            "Connections by state, and how many requests wait for one; when that grows, requests are answered 503.",
          queries: [
            { expr: "sum by (state) (rollcall_database_connections)", legend: "{{state}}" },
            { expr: "sum(rollcall_database_requests_waiting)", legend: "waiting for one" },
          ],
        }),
      ],
    },
    {
      title: "Commands",
      panels: [
        chart({
          ...{ title: "Time of an operation", unit: "s", span: 12, min: 0 },
          description:
            "95th percentile from acceptance to the end by command, over an hour: a restart waits until the agent works and its alert is clear.",
          queries: [
            {
              expr: "histogram_quantile(0.95, sum by (command, le) (rate(rollcall_command_duration_seconds_bucket[1h])))",
              legend: "{{command}}",
            },
          ],
        }),
        chart({
          ...{ title: "Attempts that were refused", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "Requests that were turned away within five minutes, by door and reason.",
          queries: [
            {
              expr: "sum by (door, reason) (increase(rollcall_refused_attempts_total[5m]))",
              legend: "{{door}}: {{reason}}",
            },
          ],
        }),
      ],
    },
    {
      title: "What measures",
      panels: [
        number({
          ...{ title: "Reading of the bus", unit: "s", span: 6, warnAt: [2, 10] },
          description: "Age of what the exporter shows. From 10 s on it shows nothing of agents and bus at all.",
          queries: [{ expr: "max(rollcall_exporter_snapshot_age_seconds)", legend: "age" }],
        }),
        number({
          ...{ title: "Series", unit: "short", span: 6, decimals: 0, warnAt: [150_000, 200_000] },
          description:
            "Series of agents and bus on the exporter's page; above 200,000 families are left out, which the exporter tells.",
          queries: [{ expr: "sum(rollcall_exporter_series)", legend: "series" }],
        }),
        number({
          ...{ title: "Events are taken up within", unit: "s", span: 6, min: 0, leadsTo: "rollcall-event-bus" },
          description:
            "95th percentile of the time from publishing an event to an agent's taking it up, over five minutes.",
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le) (rate(rollcall_bus_publish_to_deliver_seconds_bucket{${FLEET}}[5m])))`,
              legend: "p95",
            },
          ],
        }),
        number({
          ...{ title: "Canaries", unit: "s", span: 6, warnAt: [30, 45], decimals: 0 },
          description: "Since when each agent was last sent a canary; one is due every 15 s.",
          queries: [{ expr: `time() - max(rollcall_fleet_canary_round_timestamp_seconds{${FLEET}})`, legend: "ago" }],
        }),
        number({
          ...{ title: "Doors", unit: "none", span: 12, height: 8 },
          words: { 0: { text: "closed", color: "red" }, 1: { text: "open", color: "green" } },
          description: "Each expected address (docs/collectors.md): open if it answers in time and as it should.",
          queries: [{ expr: "min by (probe) (rollcall_probe_up)", legend: "{{probe}}" }],
        }),
        chart({
          ...{ title: "How fast doors answer", unit: "s", span: 12, min: 0 },
          description: "Time of the last answer of each expected address, connection included.",
          queries: [{ expr: "max by (probe) (rollcall_probe_duration_seconds)", legend: "{{probe}}" }],
        }),
        chart({
          ...{ title: "Collectors", unit: "s", span: 24, min: 0 },
          description:
            "Age of what each collector brought last; after three collections without news its series vanish.",
          queries: [{ expr: "max by (collector) (rollcall_exporter_collector_age_seconds)", legend: "{{collector}}" }],
        }),
        rows({
          ...{ title: "What runs", unit: "short", span: 24, decimals: 0 },
          description: "Versions of the services of Rollcall itself.",
          queries: [{ expr: "rollcall_build_info", legend: "" }],
        }),
      ],
    },
  ],
});
