import type { Handler } from "../handler.ts";
import type { MakeBehaviour } from "./behaviour.ts";
import { oneOf, takeTime } from "./chance.ts";
import { text } from "./fields.ts";

const CARRIERS = ["north-parcel", "swift", "harbour-line"];

/** Books a parcel for each paid order. */
export const shipping: MakeBehaviour = () => ({
  handle: {
    "payments.captured": async (event, { publish }) => {
      const order = text(event, "order");
      await takeTime(20, 70);
      await publish("shipments.booked", { order, carrier: oneOf(CARRIERS), parcel: `p-${order.slice(2)}` });
    },
  },
});

const WORDS: Readonly<Record<string, string>> = {
  "orders.rejected": "we cannot take your order",
  "orders.late": "your order takes longer than usual",
  "stock.short": "an article is sold out",
  "payments.declined": "your payment did not go through",
  "invoices.issued": "here is your invoice",
  "shipments.booked": "your parcel is on its way",
};

/** Tells the customer about each step. */
export const customerNotifier: MakeBehaviour = () => {
  const notify: Handler = async (event, { publish }) => {
    const order = text(event, "order");
    await takeTime(3, 12);
    await publish("notifications.sent", { order, about: event.type, words: WORDS[event.type] ?? "" });
  };
  return { handle: Object.fromEntries(Object.keys(WORDS).map((topic) => [topic, notify])) };
};
