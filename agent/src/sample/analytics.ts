import type { Handler } from "../handler.ts";
import type { MakeBehaviour } from "./behaviour.ts";
import { BoundedMap } from "./bounded.ts";

/** Counts what happened, and publishes the figures of the day every half minute. */
export const analyticsTracker: MakeBehaviour = () => {
  let day = "";
  const counts = new BoundedMap<number>(100);
  const tally: Handler = (event) => {
    if (event.time.slice(0, 10) !== day) counts.clear();
    day = event.time.slice(0, 10);
    counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
  };
  return {
    handle: {
      "orders.completed": tally,
      "notifications.sent": tally,
      "deliveries.*": tally,
      "clicks.received": tally,
      "chats.answered": tally,
      "content.run-finished": tally,
    },
    periodic: [
      {
        name: "close-the-day",
        everyMs: 30_000,
        run: ({ publish }) => publish("metrics.daily", { day, counts: Object.fromEntries(counts) }),
      },
    ],
  };
};
