import { makeBoard } from "../board.ts";
import { bars, chart, number } from "../panel.ts";

const TOPICS = (names: string): string => `rollcall_bus_events_total{fleet=~"$fleet",topic=~"${names}"}`;

/** Metrics out of what events hold: exporter/packs/sample.yaml. */
const PACK = "rollcall_pack_sample_";
const FLEET = '{fleet=~"$fleet"}';

/** Share of `part` in `whole` over an hour, 0 where there was none of it. */
const share = (part: string, whole: string): string =>
  `(sum(increase(${TOPICS(part)}[1h])) or vector(0)) / (sum(increase(${TOPICS(whole)}[1h])) > 0)`;

/** What the fleet does for people: orders, content, deliveries, chats. */
export default makeBoard({
  uid: "rollcall-business",
  title: "Business",
  description:
    "Orders from the shop to the parcel, content from the topic to the advisors' clients, clicks, receipts and chats",
  revision: 2,
  narrows: [],
  since: "now-6h",
  sections: [
    {
      title: "Orders",
      panels: [
        number({
          ...{ title: "Orders an hour", unit: "short", span: 6, decimals: 0 },
          description: "Orders taken from the shop within the last hour.",
          queries: [{ expr: `sum(increase(${TOPICS("orders.received")}[1h]))`, legend: "orders" }],
        }),
        number({
          ...{ title: "Rejected", unit: "percentunit", span: 6, decimals: 1, min: 0, warnAt: [0.1, 0.3] },
          description: "Orders whose fields, address or price are wrong, of all received within an hour.",
          queries: [{ expr: share("orders.rejected", "orders.received"), legend: "rejected" }],
        }),
        number({
          ...{ title: "Late", unit: "percentunit", span: 6, decimals: 1, min: 0, warnAt: [0.02, 0.1] },
          description: "Orders that were reported late, of all received within an hour.",
          queries: [{ expr: share("orders.late", "orders.received"), legend: "late" }],
        }),
        number({
          ...{ title: "Payments declined", unit: "percentunit", span: 6, decimals: 1, min: 0, warnAt: [0.1, 0.25] },
          description: "Declined of all payments tried within an hour.",
          queries: [{ expr: share("payments.declined", "payments.declined|payments.captured"), legend: "declined" }],
        }),
        chart({
          ...{ title: "From the shop to the parcel", unit: "ops", span: 24, min: 0 },
          description:
            "Events each second at every step. Where a line lies below the one before it, something waits or is refused there.",
          queries: [
            {
              expr: `sum by (topic) (rate(${TOPICS("orders.received|orders.validated|stock.reserved|payments.captured|invoices.issued|shipments.booked|orders.completed")}[5m]))`,
              legend: "{{topic}}",
            },
          ],
        }),
      ],
    },
    {
      title: "What is in the orders",
      panels: [
        number({
          ...{ title: "Revenue an hour", unit: "currencyEUR", span: 6, decimals: 0, min: 0 },
          description: "Payments captured within the last hour.",
          queries: [{ expr: `sum(increase(${PACK}revenue_euros_total${FLEET}[1h]))`, legend: "revenue" }],
        }),
        number({
          ...{ title: "An order takes", unit: "s", span: 6, decimals: 2, min: 0, warnAt: [10, 60] },
          description: "From the shop to the parcel, on average of the orders that were completed within five minutes.",
          queries: [
            {
              expr: `sum(rate(${PACK}orders_completed_seconds_total${FLEET}[5m])) / sum(rate(${PACK}orders_completed_total${FLEET}[5m]))`,
              legend: "time",
            },
          ],
        }),
        number({
          ...{ title: "Completed in time", unit: "percentunit", span: 6, decimals: 1, max: 1, warnAt: [0.99, 0.9] },
          description: "Orders that were never reported late, of all completed within an hour.",
          queries: [
            {
              expr: `sum(increase(${PACK}orders_completed_total{fleet=~"$fleet",late="false"}[1h])) / sum(increase(${PACK}orders_completed_total${FLEET}[1h]))`,
              legend: "in time",
            },
          ],
        }),
        number({
          ...{ title: "Pieces short", unit: "short", span: 6, decimals: 0, min: 0 },
          description: "Pieces that customers wanted within the last hour and that were not in stock.",
          queries: [{ expr: `sum(increase(${PACK}pieces_short_total${FLEET}[1h]))`, legend: "pieces" }],
        }),
        bars({
          ...{ title: "Revenue by city", unit: "currencyEUR", span: 8, decimals: 0, min: 0 },
          description: "Payments captured within the last hour by where the parcel goes.",
          queries: [{ expr: `sum by (city) (increase(${PACK}revenue_euros_total${FLEET}[1h]))`, legend: "{{city}}" }],
        }),
        bars({
          ...{ title: "Orders by article", unit: "short", span: 8, decimals: 0, min: 0 },
          description: "Orders taken within the last hour by article; other counts what is not in the list.",
          queries: [{ expr: `sum by (article) (increase(${PACK}orders_total${FLEET}[1h]))`, legend: "{{article}}" }],
        }),
        bars({
          ...{ title: "Why orders end early", unit: "short", span: 8, decimals: 0, min: 0 },
          description: "Orders rejected and payments declined within the last hour, by reason.",
          queries: [
            {
              expr: `sum by (reason) (increase(${PACK}orders_rejected_total${FLEET}[1h]) or increase(${PACK}payments_declined_total${FLEET}[1h]))`,
              legend: "{{reason}}",
            },
          ],
        }),
      ],
    },
    {
      title: "Content",
      panels: [
        chart({
          ...{ title: "From the topic to the client", unit: "short", span: 16, min: 0, decimals: 0 },
          description: "Items within the last hour at every step of the daily run.",
          queries: [
            {
              expr: `sum by (topic) (increase(${TOPICS("content.requested|content.topic-accepted|content.drafted|content.illustrated|content.cleared|content.approved|deliveries.sent")}[1h]))`,
              legend: "{{topic}}",
            },
          ],
        }),
        number({
          ...{
            title: "Sent back by compliance",
            unit: "percentunit",
            span: 4,
            height: 8,
            decimals: 1,
            min: 0,
            warnAt: [0.2, 0.5],
          },
          description: "Refused of all items that compliance looked at within an hour.",
          queries: [{ expr: share("content.refused", "content.refused|content.cleared"), legend: "refused" }],
        }),
        number({
          ...{
            title: "Deliveries that fail",
            unit: "percentunit",
            span: 4,
            height: 8,
            decimals: 1,
            min: 0,
            warnAt: [0.05, 0.2],
          },
          description: "Failed of all deliveries tried within an hour.",
          queries: [{ expr: share("deliveries.failed", "deliveries.failed|deliveries.sent"), legend: "failed" }],
        }),
      ],
    },
    {
      title: "What comes back",
      panels: [
        chart({
          ...{ title: "Clicks, receipts and chats", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "What came in from outside within five minutes.",
          queries: [
            {
              expr: `sum by (topic) (increase(${TOPICS("clicks.received|receipts.received|chats.received|chats.answered")}[5m]))`,
              legend: "{{topic}}",
            },
          ],
        }),
        chart({
          ...{ title: "Notifications to customers", unit: "short", span: 12, min: 0, decimals: 0 },
          description: "Messages sent to customers within five minutes.",
          queries: [{ expr: `sum(increase(${TOPICS("notifications.sent")}[5m]))`, legend: "sent" }],
        }),
      ],
    },
  ],
});
