import { z } from "zod";
import { deadFirst, lostWords, subscriptionData, subscriptionLine, surveyBus } from "../bus-words.ts";
import { defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { pageField, pageOf } from "../paged.ts";
import { selectAgents, who } from "../selector.ts";
import { isBroken } from "../subscription-state.ts";

const input = z.strictObject({ who, page: pageField });

export default defineCommand({
  name: "bus-lag",
  aliases: [],
  kind: "read",
  summary: "Show how much waits for each subscription, and since when",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["bus lag", "bus lag billing", "bus lag @orders"],
  async run(raw, { ports }) {
    const { who: words, page } = input.parse(raw);
    const chosen = new Set(
      (await selectAgents(words, ports, { verb: "Look at", isChange: false })).map(({ id }) => id),
    );
    const drift = await surveyBus(ports);
    const subscriptions = deadFirst(drift.subscriptions.filter(({ agent }) => chosen.has(agent.id)));
    const unknown = subscriptions.filter(({ group }) => group !== null && group.lag === null).length;
    const waiting = subscriptions.reduce((sum, { group }) => sum + (group?.lag ?? 0) + (group?.pending ?? 0), 0);
    const lost = lostWords(subscriptions.flatMap(({ group }) => group ?? []));
    const shown = pageOf(subscriptions, page, { command: "bus-lag", input: { who: words } });
    const mark = subscriptions.some(isBroken) ? "🔴" : unknown > 0 ? "❔" : "🟢";
    const more = unknown > 0 ? `, and an unknown number in ${unknown} of ${subscriptions.length}` : "";
    return {
      headline: `${mark} *${waiting} wait or are in hand*${more}`,
      context: [`${subscriptions.length} subscriptions`, ...lost, ...shown.words, `as of ${timeToken(drift.at)}`].join(
        " · ",
      ),
      lines: shown.rows.map(subscriptionLine),
      fields: [],
      actions: [...shown.actions],
      sameAs: ["same as /fleet bus lag", ...words].join(" "),
      data: {
        ...{ at: drift.at, page, pages: shown.pages, waiting, waitingUnknown: unknown },
        subscriptions: subscriptions.map(subscriptionData),
      },
    };
  },
});
