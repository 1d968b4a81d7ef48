import { z } from "zod";
import { deadFirst, driftWords, subscriptionData, subscriptionLine, surveyBus } from "../bus-words.ts";
import { defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { lookAction } from "../fleet-report.ts";
import { pageField, pageOf } from "../paged.ts";
import { isBroken } from "../subscription-state.ts";

const input = z.strictObject({
  pattern: z.string().max(200).default("").describe("Part of a pattern, a topic or an agent's id"),
  page: pageField,
});

export default defineCommand({
  name: "bus-subs",
  aliases: [],
  kind: "read",
  summary: "Lay the declared subscriptions beside the actual ones",
  role: "viewer",
  danger: 0,
  input,
  words: ["pattern"],
  examples: ["bus subs", "bus subs stock.*", "bus subs billing"],
  async run(raw, { ports }) {
    const { pattern, page } = input.parse(raw);
    const drift = await surveyBus(ports);
    const fits = (...texts: string[]): boolean => texts.some((text) => text.includes(pattern));
    const subscriptions = drift.subscriptions.filter((one) => fits(one.pattern, one.topic, one.agent.id));
    const undeclared = drift.undeclared.filter(({ topic, group }) => fits(topic, group.name));
    const idle = drift.idlePatterns.filter((one) => fits(one.pattern, one.agent));
    const ordered = deadFirst(subscriptions);
    const lines = [
      ...ordered.filter(isBroken).map(subscriptionLine),
      ...undeclared.map(({ topic, group }) => `❔ *${group.name}* reads ${topic} · nobody declared it`),
      ...idle.map(({ agent, pattern: words }) => `❔ *${agent}* ${words} · no topic fits this pattern`),
      ...ordered.filter((one) => !isBroken(one)).map(subscriptionLine),
    ];
    const shown = pageOf(lines, page, { command: "bus-subs", input: { pattern } });
    const mark = subscriptions.some(isBroken) ? "🔴" : undeclared.length > 0 ? "❔" : "🟢";
    return {
      headline: `${mark} *${driftWords({ ...drift, subscriptions, undeclared })}*`,
      context: [...shown.words, `as of ${timeToken(drift.at)}`].join(" · "),
      lines: shown.rows,
      fields: [],
      actions: [...shown.actions, lookAction("Lag", "bus-lag", {})],
      sameAs: `same as /fleet bus subs ${pattern}`.trimEnd(),
      data: {
        ...{ at: drift.at, page, pages: shown.pages, patternsWithoutTopic: idle },
        subscriptions: ordered.map(subscriptionData),
        undeclared: undeclared.map(({ topic, group }) => ({ topic, group: group.name, pending: group.pending })),
      },
    };
  },
});
