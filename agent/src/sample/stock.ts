import type { MakeBehaviour } from "./behaviour.ts";
import { BoundedMap } from "./bounded.ts";
import { takeTime } from "./chance.ts";
import { number, text } from "./fields.ts";

// Eight articles and about 8 pieces sold a second: a little less comes in, so that one is short now and then.
const FIRST_STOCK = 25;
const REFILL = 74;

/** Reserves pieces of an article, and frees them when the payment fails. */
export const stockKeeper: MakeBehaviour = () => {
  const pieces = new BoundedMap<number>(1000);
  const reserved = new BoundedMap<{ article: string; quantity: number }>(5000);
  const left = (article: string) => pieces.get(article) ?? FIRST_STOCK;
  return {
    handle: {
      "orders.validated": async (event, { publish }) => {
        const [order, article, quantity] = [text(event, "order"), text(event, "article"), number(event, "quantity")];
        await takeTime(2, 8);
        if (reserved.has(order)) return publish("stock.reserved", event.data);
        if (left(article) < quantity)
          return publish("stock.short", { order, article, wanted: quantity, left: left(article) });
        pieces.set(article, left(article) - quantity);
        reserved.set(order, { article, quantity });
        return publish("stock.reserved", event.data);
      },
      "payments.declined": (event) => {
        const order = text(event, "order");
        const kept = reserved.get(order);
        if (kept === undefined) return;
        reserved.delete(order);
        pieces.set(kept.article, left(kept.article) + kept.quantity);
      },
    },
    periodic: [
      {
        name: "delivery",
        everyMs: 10_000,
        run: () => {
          const articles = [...pieces.keys()];
          for (const article of articles)
            pieces.set(article, Math.min(FIRST_STOCK, left(article) + REFILL / articles.length));
        },
      },
    ],
  };
};
