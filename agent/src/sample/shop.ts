import type { MakeBehaviour } from "./behaviour.ts";
import { onceIn, oneOf, takeTime, whole } from "./chance.ts";
import { number, text } from "./fields.ts";
import { openNumbers } from "./numbers.ts";

const ARTICLES = ["mug", "lamp", "chair", "desk", "rug", "clock", "shelf", "vase"];
const CITIES = ["Riga", "Porto", "Graz", "Lyon", "Turku", "Gent"];

/** Takes four orders a second from the shop. */
export const orderIntake: MakeBehaviour = async ({ dir }) => {
  const nextNumber = await openNumbers(dir, "orders");
  return {
    periodic: [
      {
        name: "shop",
        everyMs: 250,
        run: async ({ publish }) => {
          const sequence = await nextNumber();
          const order = `o-${sequence}`;
          const quantity = whole(1, 3);
          await publish(
            "orders.received",
            {
              order,
              sequence,
              article: oneOf(ARTICLES),
              quantity,
              // Customers leave out their address now and then.
              city: onceIn(40) ? "" : oneOf(CITIES),
              amountCents: quantity * whole(500, 20_000),
            },
            { correlationId: order },
          );
        },
      },
    ],
  };
};

const MOST_CENTS = 59_000;

/** Refuses orders without an address, and those so large that somebody should call first. */
export const orderValidator: MakeBehaviour = () => ({
  handle: {
    "orders.received": async (event, { publish }) => {
      const order = text(event, "order");
      const amountCents = number(event, "amountCents");
      await takeTime(5, 20);
      const reason = event.data.city === "" ? "no address" : amountCents > MOST_CENTS ? "too large" : null;
      if (reason === null) await publish("orders.validated", event.data);
      else await publish("orders.rejected", { order, reason });
    },
  },
});
