import type { MakeBehaviour } from "./behaviour.ts";
import { callApi } from "./call-api.ts";
import { onceIn, takeTime } from "./chance.ts";
import { text } from "./fields.ts";

const MOST_TRIES = 3;

/** Delivers what was approved, tries again where it failed, and counts the receipts. */
export const distributionManager: MakeBehaviour = ({ log }) => {
  let receipts = 0;
  return {
    handle: {
      "content.approved": async (event, context) => {
        const { publish } = context;
        const data = { run: text(event, "run"), advisor: text(event, "advisor") };
        for (let tries = 1; ; tries += 1) {
          await takeTime(80, 300);
          await callApi("mail", context);
          if (tries === MOST_TRIES || !onceIn(20)) return publish("deliveries.sent", { ...data, tries });
          await publish("deliveries.failed", { ...data, tries, reason: "mailbox busy" });
        }
      },
      "receipts.received": () => {
        receipts += 1;
        if (receipts % 1000 === 0) log.info("receipts counted", { receipts });
      },
    },
  };
};
