import { z } from "zod";
import { deadFirst, driftWords, rateWords, subscriptionData, subscriptionLine } from "../bus-words.ts";
import { defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { counted } from "../fleet-words.ts";
import { compareSubscriptions, isBroken } from "../subscription-state.ts";

const MOST_LINES = 5;

export default defineCommand({
  name: "bus",
  aliases: [],
  kind: "read",
  summary: "Show rates, lag and drift of the event bus in one screen",
  role: "viewer",
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["bus"],
  async run(_, { ports }) {
    const fleet = await ports.registry.expected();
    const reading = await ports.events.read(fleet.topics);
    const drift = compareSubscriptions(fleet, reading);
    const { topics } = reading;
    const { subscriptions, undeclared } = drift;
    const perSecond = topics.reduce((sum, topic) => sum + topic.perSecond, 0);
    const deadLetters = topics.reduce((sum, topic) => sum + topic.deadLetters, 0);
    const unknown = subscriptions.filter(({ group }) => group !== null && group.lag === null).length;
    const waiting = subscriptions.reduce((sum, { group }) => sum + (group?.lag ?? 0) + (group?.pending ?? 0), 0);
    const troubled = deadFirst(subscriptions.filter(({ state }) => isBroken({ state }) || state === "behind"));
    const isSound = !subscriptions.some(isBroken);
    return {
      headline: `${isSound ? "🟢" : "🔴"} *Bus ${rateWords(perSecond)}* — ${driftWords(drift)}`,
      context: `${counted(topics.length, "topic")} · as of ${timeToken(drift.at)}`,
      lines: [
        ...troubled.slice(0, MOST_LINES).map(subscriptionLine),
        ...(troubled.length > MOST_LINES ? [`and ${troubled.length - MOST_LINES} more`] : []),
        ...undeclared.slice(0, 3).map(({ topic, group }) => `❔ *${group.name}* reads ${topic}, nobody declared it`),
      ],
      fields: [
        { name: "Waiting", value: unknown > 0 ? `${waiting}, and unknown in ${unknown}` : String(waiting) },
        { name: "Dead letters", value: String(deadLetters) },
      ],
      actions: [lookAction("Subscriptions", "bus-subs", {}), lookAction("Topics", "bus-topics", {})],
      sameAs: "same as /fleet bus",
      data: {
        ...{ at: drift.at, perSecond, deadLetters, waiting, waitingUnknown: unknown },
        ...{ declared: subscriptions.length, dead: subscriptions.filter(isBroken).map(subscriptionData) },
        undeclared: undeclared.map(({ topic, group }) => ({ topic, group: group.name })),
      },
    };
  },
});
