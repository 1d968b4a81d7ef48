import type { Envelope } from "@rollcall/core/protocol.ts";
import type { WorkContext } from "../handler.ts";
import type { Behaviour, MakeBehaviour } from "./behaviour.ts";
import { BoundedMap } from "./bounded.ts";
import { text } from "./fields.ts";

const LATE_MS = 60_000;
const MOST_ORDERS = 5000;
/** Steps that end an order without completing it. */
const ENDINGS = new Set(["stock.short", "payments.declined"]);

interface Progress {
  /** When the order came; null if an earlier process saw that. */
  readonly since: number | null;
  readonly sequence: number;
  readonly steps: Set<string>;
  reported: boolean;
}

/** Follows each order: completed when invoice and parcel are there, late when they are not in a minute. */
export const orderOrchestrator: MakeBehaviour = (): Behaviour => {
  const orders = new BoundedMap<Progress>(MOST_ORDERS);
  // Validation's refusals do not come here. An order that later ones have overtaken was taken out.
  let furthestInStock = 0;
  const follow = async (event: Envelope, context: WorkContext) => {
    const order = text(event, "order");
    const progress = orders.get(order) ?? startOf(event, order, context.now());
    orders.set(order, progress);
    progress.steps.add(event.type);
    if (event.type.startsWith("stock.")) furthestInStock = Math.max(furthestInStock, progress.sequence);
    await reportStep(event, progress.steps.size, context);
    if (ENDINGS.has(event.type)) orders.delete(order);
    if (!progress.steps.has("invoices.issued") || !progress.steps.has("shipments.booked")) return;
    orders.delete(order);
    const seconds = progress.since === null ? null : (context.now() - progress.since) / 1000;
    await context.publish("orders.completed", { order, seconds, wasLate: progress.reported });
    if (event.runid !== undefined) await context.runs.end(event.runid, "completed");
  };
  const isLate = ({ since, reported }: Progress, now: number) => since !== null && !reported && now - since >= LATE_MS;
  const reportLate = async ({ publish, now }: WorkContext) => {
    for (const [order, progress] of orders) {
      if (!isLate(progress, now())) continue;
      if (progress.steps.size === 1 && progress.sequence < furthestInStock) {
        orders.delete(order);
        continue;
      }
      progress.reported = true;
      const lastStep = [...progress.steps].at(-1) ?? "";
      await publish("orders.late", { order, lastStep }, { correlationId: order });
    }
  };
  return {
    handle: {
      "orders.received": follow,
      "stock.*": follow,
      "payments.*": follow,
      "invoices.*": follow,
      "shipments.*": follow,
    },
    periodic: [{ name: "look-for-late", everyMs: 5000, run: reportLate }],
  };
};

/** An order that goes no further has ended, too. */
async function reportStep({ runid, type }: Envelope, step: number, { runs }: WorkContext): Promise<void> {
  if (runid === undefined) return;
  if (ENDINGS.has(type)) await runs.end(runid, "cancelled", type);
  else await runs.step(runid, step, type.replace(".", "-"));
}

function startOf(event: Envelope, order: string, now: number): Progress {
  const since = event.type === "orders.received" ? now : null;
  return { since, sequence: Number.parseInt(order.slice(2), 10) || 0, steps: new Set(), reported: false };
}
