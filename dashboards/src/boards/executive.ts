import { makeBoard } from "../board.ts";
import { chart, number, rows } from "../panel.ts";

const FLEET = 'fleet=~"$fleet"';

/** Is it all right, for people who do not run it. */
export default makeBoard({
  uid: "rollcall-executive",
  title: "Executive",
  description: "Whether everything works, how much goes through, how many requests fail and how long they take",
  revision: 2,
  narrows: [],
  sections: [
    {
      title: "Now",
      panels: [
        number({
          ...{
            title: "Control service",
            unit: "short",
            span: 4,
            words: { 0: { text: "down", color: "red" }, 1: { text: "up", color: "green" } },
          },
          description:
            "Whether Prometheus reaches the control service. Down: no commands and no Slack; PagerDuty still gets its alerts.",
          queries: [{ expr: 'max(up{job="rollcall-control"})', legend: "control service" }],
        }),
        number({
          ...{
            title: "Agents that work",
            unit: "percentunit",
            span: 4,
            warnAt: [0.99, 0.9],
            decimals: 1,
            max: 1,
            leadsTo: "rollcall-operations",
          },
          description:
            "Share of the expected agents that work, busy and slow ones too; those that are off on purpose do not count.",
          queries: [{ expr: `min(fleet:rollcall_agents_working:ratio{${FLEET}})`, legend: "working" }],
        }),
        number({
          ...{ title: "Requests", unit: "reqps", span: 4, decimals: 1 },
          description: "Requests that the control service answers each second, over a minute.",
          queries: [{ expr: "service:rollcall_http_requests:rate1m", legend: "requests" }],
        }),
        number({
          ...{
            title: "Requests that fail",
            unit: "percentunit",
            span: 4,
            warnAt: [0.01, 0.05],
            decimals: 2,
            min: 0,
            leadsTo: "rollcall-sre",
          },
          description: "Share of answers of 5xx over five minutes: yellow from 1 %, red from 5 %.",
          queries: [{ expr: "service:rollcall_http_requests_failed:ratio5m", legend: "failed" }],
        }),
        number({
          ...{ title: "95 % answered within", unit: "s", span: 4, warnAt: [0.2, 0.5], leadsTo: "rollcall-sre" },
          description:
            "95th percentile of the time of an answer over five minutes: yellow from 200 ms, red from 500 ms.",
          queries: [{ expr: "service:rollcall_http_request_duration_seconds:p95_5m", legend: "p95" }],
        }),
        number({
          ...{ title: "Events", unit: "short", span: 4, decimals: 1, leadsTo: "rollcall-event-bus" },
          description: "Events that agents publish each second, over a minute.",
          queries: [{ expr: `sum(fleet:rollcall_bus_events:rate1m{${FLEET}})`, legend: "events/s" }],
        }),
      ],
    },
    {
      title: "Business",
      panels: [
        number({
          ...{ title: "Revenue, 24 h", unit: "currencyEUR", span: 4, decimals: 0, leadsTo: "rollcall-business" },
          description: "Payments captured in the last 24 hours, or since it is measured.",
          queries: [
            { expr: `sum(increase(rollcall_pack_sample_revenue_euros_total{${FLEET}}[1d]))`, legend: "revenue" },
          ],
        }),
        number({
          ...{ title: "Orders completed, 24 h", unit: "short", span: 5, decimals: 0, leadsTo: "rollcall-business" },
          description: "Orders that went through to the parcel in the last 24 hours, or since it is measured.",
          queries: [
            {
              expr: `sum(increase(rollcall_bus_events_total{${FLEET},topic="orders.completed"}[1d]))`,
              legend: "orders",
            },
          ],
        }),
        number({
          ...{
            title: "Payments declined",
            unit: "percentunit",
            span: 5,
            warnAt: [0.1, 0.25],
            decimals: 1,
            leadsTo: "rollcall-business",
          },
          description: "Declined of all payments tried, over an hour.",
          queries: [
            {
              expr: `sum(increase(rollcall_bus_events_total{${FLEET},topic="payments.declined"}[1h])) / sum(increase(rollcall_bus_events_total{${FLEET},topic=~"payments.declined|payments.captured"}[1h]))`,
              legend: "declined",
            },
          ],
        }),
        number({
          ...{ title: "Items delivered, 24 h", unit: "short", span: 5, decimals: 0, leadsTo: "rollcall-business" },
          description: "Content items that were delivered to advisors' clients in the last 24 hours.",
          queries: [
            { expr: `sum(increase(rollcall_bus_events_total{${FLEET},topic="deliveries.sent"}[1d]))`, legend: "items" },
          ],
        }),
        number({
          ...{
            title: "Deliveries that fail",
            unit: "percentunit",
            span: 5,
            warnAt: [0.05, 0.2],
            decimals: 1,
            leadsTo: "rollcall-business",
          },
          description: "Failed of all deliveries tried, over an hour.",
          queries: [
            {
              expr: `(sum(increase(rollcall_bus_events_total{${FLEET},topic="deliveries.failed"}[1h])) or vector(0)) / sum(increase(rollcall_bus_events_total{${FLEET},topic=~"deliveries.failed|deliveries.sent"}[1h]))`,
              legend: "failed",
            },
          ],
        }),
      ],
    },
    {
      title: "Requests",
      panels: [
        chart({
          ...{ title: "Requests by status", unit: "reqps", span: 12, min: 0 },
          description: "Answers each second by their status. 4xx are refusals, 5xx are failures.",
          queries: [{ expr: "sum by (status) (rate(rollcall_http_requests_total[1m]))", legend: "{{status}}" }],
        }),
        chart({
          ...{ title: "Time of answers", unit: "s", span: 12, min: 0, warnAt: [0.2, 0.5] },
          description: "Percentiles of the time from a request's first byte to the answer's last, over five minutes.",
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(rollcall_http_request_duration_seconds_bucket[5m])))`,
            legend: `p${quantile * 100}`,
          })),
        }),
        rows({
          ...{ title: "Answers by route and status, last hour", unit: "short", span: 24, decimals: 0 },
          description:
            "How often each route answered with 4xx or 5xx within the last hour, most first. Each such answer has an id that stands in the log.",
          queries: [
            {
              expr: 'topk(20, sum by (route, status) (increase(rollcall_http_requests_total{status=~"[45].."}[1h])) > 0) or sum by (route, status) (increase(rollcall_http_requests_total{route="/ready"}[1h]))',
              legend: "",
            },
          ],
        }),
      ],
    },
  ],
});
