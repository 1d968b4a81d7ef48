import type { MakeBehaviour } from "./behaviour.ts";
import { callApi } from "./call-api.ts";
import { oneOf, takeTime, whole } from "./chance.ts";
import { text } from "./fields.ts";

const QUESTIONS = ["Where is my order?", "Can I pay later?", "Do you ship on Saturdays?", "I need another invoice."];

/** Stands for the webhooks of the world outside: two clicks a second, a receipt in two, a chat in five. */
export const webhookReceiver: MakeBehaviour = () => ({
  periodic: [
    {
      name: "clicks",
      everyMs: 500,
      run: ({ publish }) => publish("clicks.received", { page: `/articles/${whole(1, 8)}` }),
    },
    {
      name: "receipts",
      everyMs: 2000,
      run: ({ publish }) => publish("receipts.received", { advisor: `advisor-${whole(1, 24)}` }),
    },
    {
      name: "chats",
      everyMs: 5000,
      run: async ({ publish, now }) => {
        const chat = `c-${now()}`;
        await publish("chats.received", { chat, question: oneOf(QUESTIONS) }, { correlationId: chat });
      },
    },
  ],
});

/** Answers chats, a second or two each. */
export const crmChat: MakeBehaviour = () => ({
  handle: {
    "chats.received": async (event, context) => {
      const chat = text(event, "chat");
      await takeTime(700, 2200);
      await callApi("language-model", context);
      await context.publish("chats.answered", { chat, answer: "A colleague will write to you today." });
    },
  },
});

const HOURLY_LIMIT = 3000;
const LOW_SHARE = 0.8;

/** Counts outside calls of the hour, and says once when few are left. */
export const apiBudgetKeeper: MakeBehaviour = () => {
  let hour = "";
  let calls = 0;
  return {
    handle: {
      "api.called": async (event, { publish }) => {
        if (event.time.slice(0, 13) !== hour) calls = 0;
        hour = event.time.slice(0, 13);
        calls += 1;
        if (calls === HOURLY_LIMIT * LOW_SHARE) await publish("api.budget-low", { hour, calls, limit: HOURLY_LIMIT });
      },
    },
  };
};
