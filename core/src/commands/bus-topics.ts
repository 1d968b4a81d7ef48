import { z } from "zod";
import { lostWords, rateWords } from "../bus-words.ts";
import { defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { counted, plain } from "../fleet-words.ts";
import { pageField, pageOf } from "../paged.ts";
import type { TopicReading } from "../ports/event-bus.ts";

const input = z.strictObject({
  text: z.string().max(200).default("").describe("Part of the topic's name"),
  page: pageField,
});

export default defineCommand({
  name: "bus-topics",
  aliases: [],
  kind: "read",
  summary: "List the topics with the rate and the depth of each",
  role: "viewer",
  danger: 0,
  input,
  words: ["text"],
  examples: ["bus topics", "bus topics stock"],
  async run(raw, { ports }) {
    const { text, page } = input.parse(raw);
    const { topics } = await ports.registry.expected();
    const wanted = topics.filter((topic) => topic.includes(text.toLowerCase().trim()));
    const reading = await ports.events.read(wanted);
    const busiest = reading.topics.toSorted((a, b) => b.perSecond - a.perSecond || a.topic.localeCompare(b.topic));
    const shown = pageOf(busiest, page, { command: "bus-topics", input: { text } });
    const perSecond = busiest.reduce((sum, topic) => sum + topic.perSecond, 0);
    return {
      headline:
        busiest.length === 0
          ? `*No topic has "${plain(text)}" in its name*`
          : `*${counted(busiest.length, "topic")}, ${rateWords(perSecond)}*`,
      context: ["rate of the last minute", ...shown.words, `as of ${timeToken(reading.now)}`].join(" · "),
      lines: shown.rows.map(topicLine),
      fields: [],
      actions: [...shown.actions],
      sameAs: `same as /fleet bus topics ${text}`.trimEnd(),
      data: {
        ...{ at: reading.now, page, pages: shown.pages },
        topics: shown.rows.map(({ groups, ...topic }) => ({
          ...topic,
          groups: groups.map(({ name }) => name),
          lost: groups.reduce((sum, { lost }) => sum + lost.undelivered + lost.inHand, 0),
        })),
      },
    };
  },
});

function topicLine({ topic, perSecond, entries, lastAt, deadLetters, groups }: TopicReading): string {
  return [
    `*${topic}* ${rateWords(perSecond)}`,
    entries === 1 ? "1 entry" : `${entries} entries`,
    counted(groups.length, "reader"),
    lastAt === null ? "never published on" : `last ${timeToken(lastAt)}`,
    ...(deadLetters > 0 ? [`💀 ${counted(deadLetters, "dead letter")}`] : []),
    ...lostWords(groups),
  ].join(" · ");
}
