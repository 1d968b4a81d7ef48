import type { Handler } from "../handler.ts";
import type { MakeBehaviour } from "./behaviour.ts";
import { onceIn, takeTime } from "./chance.ts";
import { text } from "./fields.ts";

/** Nothing goes out unchecked; what was mended passes. */
export const complianceValidator: MakeBehaviour = () => ({
  handle: {
    "content.illustrated": async (event, { publish }) => {
      text(event, "advisor");
      await takeTime(150, 500);
      if (onceIn(10)) await publish("content.refused", { ...event.data, reason: "promises a return" });
      else await publish("content.cleared", event.data);
    },
    "content.revised": async (event, { publish }) => {
      text(event, "advisor");
      await takeTime(150, 500);
      await publish("content.cleared", event.data);
    },
  },
});

/** Stands in for the person who approves: in the demo it approves by itself, and sends a few back once. */
export const approvalGuardian: MakeBehaviour = () => ({
  handle: {
    "content.cleared": async (event, { publish }) => {
      text(event, "advisor");
      await takeTime(50, 200);
      if (event.data.revised !== true && onceIn(15)) {
        await publish("content.revision-requested", { ...event.data, reason: "shorter, please" });
      } else await publish("content.approved", event.data);
    },
  },
});

/** Mends what was refused or sent back. */
export const revisionHandler: MakeBehaviour = () => {
  const mend: Handler = async (event, { publish }) => {
    text(event, "advisor");
    await takeTime(800, 2500);
    await publish("content.revised", { ...event.data, revised: true });
  };
  return { handle: { "content.refused": mend, "content.revision-requested": mend } };
};
