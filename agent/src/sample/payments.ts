import type { MakeBehaviour } from "./behaviour.ts";
import { createOnce } from "./bounded.ts";
import { onceIn, takeTime } from "./chance.ts";
import { number, text } from "./fields.ts";
import { openNumbers } from "./numbers.ts";

/** Captures each order's payment once. */
export const billing: MakeBehaviour = () => {
  const isFirst = createOnce();
  return {
    handle: {
      "stock.reserved": async (event, { publish }) => {
        const [order, amountCents] = [text(event, "order"), number(event, "amountCents")];
        await takeTime(15, 60);
        if (!isFirst(order)) return;
        if (onceIn(30)) await publish("payments.declined", { order, reason: "card declined" });
        else await publish("payments.captured", { order, amountCents, city: event.data.city ?? null });
      },
    },
  };
};

/** Numbers the invoices without repeating one. */
export const invoices: MakeBehaviour = async ({ dir }) => {
  const nextNumber = await openNumbers(dir, "invoices");
  const isFirst = createOnce();
  return {
    handle: {
      "payments.captured": async (event, { publish }) => {
        const [order, amountCents] = [text(event, "order"), number(event, "amountCents")];
        await takeTime(10, 30);
        if (isFirst(order))
          await publish("invoices.issued", { order, invoice: `i-${await nextNumber()}`, amountCents });
      },
    },
  };
};
