import { makeBoard } from "../board.ts";
import { bars, chart, number, rows } from "../panel.ts";

const FLEET = 'fleet=~"$fleet"';
const WAYS = [
  { way: "publish_to_deliver", title: "Published until taken up" },
  { way: "deliver_to_handle", title: "Taken up until handled" },
  { way: "handle_to_done", title: "In the handler" },
  { way: "publish_to_done", title: "Published until done" },
] as const;

/** Throughput, lag, subscriptions and dead letters. */
export default makeBoard({
  uid: "rollcall-event-bus",
  title: "Event bus",
  description:
    "Throughput of topics, what waits for whom, declared against actual subscriptions, ways of events, dead letters and losses",
  revision: 3,
  narrows: [],
  sections: [
    {
      title: "Throughput",
      panels: [
        number({
          ...{ title: "Events", unit: "short", span: 4, decimals: 1 },
          description: "Events published each second, over a minute, as Redis counts them.",
          queries: [{ expr: `sum(fleet:rollcall_bus_events:rate1m{${FLEET}})`, legend: "events/s" }],
        }),
        number({
          ...{ title: "Waiting", unit: "short", span: 4, decimals: 0 },
          description: "Events that no agent has taken up yet, over all subscriptions that Redis can count.",
          queries: [{ expr: `sum(rollcall_bus_group_lag{${FLEET}})`, legend: "events" }],
        }),
        number({
          ...{ title: "Lag not known", unit: "short", span: 4, decimals: 0, warnAt: [1, 5] },
          description: "Subscriptions whose lag Redis cannot tell; what waits there is estimated beside it, never 0.",
          queries: [{ expr: `sum(rollcall_bus_group_lag_unknown{${FLEET}})`, legend: "subscriptions" }],
        }),
        number({
          ...{ title: "Declared, not read", unit: "short", span: 4, decimals: 0, warnAt: [1, 5] },
          description: "Declared subscriptions that have not begun to read their topic.",
          queries: [
            {
              expr: `sum(rollcall_bus_subscriptions_declared{${FLEET}}) - sum(rollcall_bus_subscriptions{${FLEET}})`,
              legend: "subscriptions",
            },
          ],
        }),
        number({
          ...{ title: "Dead subscriptions", unit: "short", span: 4, decimals: 0, warnAt: [1, 2] },
          description: "Subscriptions for which events wait and of which nobody has taken any for 15 s.",
          queries: [{ expr: `sum(rollcall_bus_subscription_dead{${FLEET}})`, legend: "subscriptions" }],
        }),
        number({
          ...{ title: "Dead letters held", unit: "short", span: 4, decimals: 0, warnAt: [1, 100] },
          description:
            "Events that were put aside because they could not be handled, and that wait for somebody's decision.",
          queries: [{ expr: `sum(rollcall_bus_dead_letters_held{${FLEET}})`, legend: "events" }],
        }),
        chart({
          ...{ title: "Events by topic", unit: "ops", span: 24, min: 0 },
          description: "The twelve busiest topics, events each second over a minute.",
          queries: [
            { expr: `topk(12, sum by (topic) (rate(rollcall_bus_events_total{${FLEET}}[1m])))`, legend: "{{topic}}" },
          ],
        }),
      ],
    },
    {
      title: "Subscriptions",
      panels: [
        chart({
          ...{ title: "What waits", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "Events that each subscriber has not been handed yet; the ten with most.",
          queries: [{ expr: `topk(10, sum by (group) (rollcall_bus_group_lag{${FLEET}}))`, legend: "{{group}}" }],
        }),
        chart({
          ...{ title: "Handed out, not done", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "Events handed to subscribers and not acknowledged; the ten with most.",
          queries: [{ expr: `topk(10, sum by (group) (rollcall_bus_group_pending{${FLEET}}))`, legend: "{{group}}" }],
        }),
        bars({
          ...{ title: "Delivered", unit: "ops", span: 12, min: 0 },
          description: "Events handed to each subscriber a second, over five minutes, each counted once.",
          queries: [
            {
              expr: `topk(15, sum by (group) (rate(rollcall_bus_group_deliveries_total{${FLEET}}[5m])))`,
              legend: "{{group}}",
            },
          ],
        }),
        chart({
          ...{ title: "Asked last", unit: "s", span: 12, min: 0 },
          description:
            "How long ago subscribers asked for events last; the ten that are silent longest. An idle one asks all the time, too.",
          queries: [
            {
              expr: `topk(10, time() - max by (group) (rollcall_bus_group_last_read_timestamp_seconds{${FLEET}}))`,
              legend: "{{group}}",
            },
          ],
        }),
        rows({
          ...{ title: "By topic and subscriber", unit: "short", span: 24, decimals: 0 },
          description: "What waits on every topic for every subscriber, most first.",
          queries: [{ expr: `topk(50, rollcall_bus_group_lag{${FLEET}})`, legend: "" }],
        }),
      ],
    },
    {
      title: "Ways of events",
      panels: WAYS.map(({ way, title }) =>
        chart({
          ...{ title, unit: "s", span: 12, min: 0 },
          description: "Percentiles over five minutes and all agents, within 19 %.",
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(rollcall_bus_${way}_seconds_bucket{${FLEET}}[5m])))`,
            legend: `p${quantile * 100}`,
          })),
        }),
      ),
    },
    {
      title: "What goes wrong",
      panels: [
        chart({
          ...{ title: "Put aside", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "Events put aside by topic within five minutes.",
          queries: [
            { expr: `sum by (topic) (increase(rollcall_bus_dead_letters_total{${FLEET}}[5m]))`, legend: "{{topic}}" },
          ],
        }),
        chart({
          ...{ title: "Lost", unit: "short", span: 12, min: 0, decimals: 0 },
          description:
            "Events that were cut from their topic before a subscriber had done them, within five minutes. It should be 0.",
          queries: [{ expr: `sum by (topic) (increase(rollcall_bus_lost_total{${FLEET}}[5m]))`, legend: "{{topic}}" }],
        }),
      ],
    },
  ],
});
