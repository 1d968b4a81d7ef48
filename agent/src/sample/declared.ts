/** What each agent of the sample fleet reads and writes; a test keeps it equal to fleet.yaml. */
export interface Declared {
  readonly consumes: readonly string[];
  readonly publishes: readonly string[];
}

export const DECLARED: Readonly<Record<string, Declared>> = {
  "order-orchestrator": {
    consumes: ["orders.received", "stock.*", "payments.*", "invoices.*", "shipments.*"],
    publishes: ["orders.completed", "orders.late"],
  },
  "order-intake": { consumes: [], publishes: ["orders.received"] },
  "order-validator": { consumes: ["orders.received"], publishes: ["orders.validated", "orders.rejected"] },
  "stock-keeper": { consumes: ["orders.validated", "payments.declined"], publishes: ["stock.reserved", "stock.short"] },
  billing: { consumes: ["stock.reserved"], publishes: ["payments.captured", "payments.declined"] },
  invoices: { consumes: ["payments.captured"], publishes: ["invoices.issued"] },
  shipping: { consumes: ["payments.captured"], publishes: ["shipments.booked"] },
  "customer-notifier": {
    consumes: [
      "orders.rejected",
      "orders.late",
      "stock.short",
      "payments.declined",
      "invoices.issued",
      "shipments.booked",
    ],
    publishes: ["notifications.sent"],
  },
  "content-orchestrator": {
    consumes: ["deliveries.*", "api.budget-low"],
    publishes: ["content.requested", "content.run-finished"],
  },
  "content-strategist": {
    consumes: ["content.requested", "content.topic-repeated"],
    publishes: ["content.topic-proposed", "api.called"],
  },
  "fatigue-checker": {
    consumes: ["content.topic-proposed"],
    publishes: ["content.topic-accepted", "content.topic-repeated"],
  },
  "content-generator": { consumes: ["content.topic-accepted"], publishes: ["content.drafted", "api.called"] },
  "image-creator": { consumes: ["content.drafted"], publishes: ["content.illustrated", "api.called"] },
  "compliance-validator": {
    consumes: ["content.illustrated", "content.revised"],
    publishes: ["content.cleared", "content.refused"],
  },
  "distribution-manager": {
    consumes: ["content.approved", "receipts.received"],
    publishes: ["deliveries.sent", "deliveries.failed", "api.called"],
  },
  "approval-guardian": { consumes: ["content.cleared"], publishes: ["content.approved", "content.revision-requested"] },
  "revision-handler": { consumes: ["content.refused", "content.revision-requested"], publishes: ["content.revised"] },
  "analytics-tracker": {
    consumes: [
      "orders.completed",
      "notifications.sent",
      "deliveries.*",
      "clicks.received",
      "chats.answered",
      "content.run-finished",
    ],
    publishes: ["metrics.daily"],
  },
  "webhook-receiver": { consumes: [], publishes: ["clicks.received", "receipts.received", "chats.received"] },
  "crm-chat": { consumes: ["chats.received"], publishes: ["chats.answered", "api.called"] },
  "api-budget-keeper": { consumes: ["api.called"], publishes: ["api.budget-low"] },
  "archive-writer": {
    consumes: ["orders.*", "payments.*", "invoices.*", "deliveries.*", "metrics.daily"],
    publishes: [],
  },
};

/** Every topic of the sample fleet. */
export const TOPICS: readonly string[] = [...new Set(Object.values(DECLARED).flatMap(({ publishes }) => publishes))];
