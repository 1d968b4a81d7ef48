import type { MakeBehaviour } from "./behaviour.ts";
import { onceIn, oneOf, takeTime, whole } from "./chance.ts";
import { number, text } from "./fields.ts";
import { openNumbers } from "./numbers.ts";

const ARTICLES = ["mug", "lamp", "chair", "desk", "rug", "clock", "shelf", "vase"];
const CITIES = ["Riga", "Porto", "Graz", "Lyon", "Turku", "Gent"];

/** Received, reserved, paid, invoiced, booked. */
const ORDER_STEPS = 5;
const ORDER_ENDERS = ["order-orchestrator", "order-validator"];

/** Takes four orders a second from the shop. */
export const orderIntake: MakeBehaviour = async ({ dir }) => {
  const nextNumber = await openNumbers(dir, "orders");
  return {
    periodic: [
      {
        name: "shop",
        everyMs: 250,
        run: async ({ publish, runs }) => {
          const sequence = await nextNumber();
          const order = `o-${sequence}`;
          await runs.start({ id: order, name: "order", of: ORDER_STEPS, endedBy: ORDER_ENDERS, withinSeconds: 120 });
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
            { correlationId: order, runId: order },
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
    "orders.received": async (event, { publish, runs }) => {
      const order = text(event, "order");
      const amountCents = number(event, "amountCents");
      await takeTime(5, 20);
      const reason = event.data.city === "" ? "no address" : amountCents > MOST_CENTS ? "too large" : null;
      if (reason === null) return publish("orders.validated", event.data);
      await publish("orders.rejected", { order, reason });
      if (event.runid !== undefined) await runs.end(event.runid, "cancelled", reason);
    },
  },
});
