import { z } from "zod";
import { defineCommand } from "../command.ts";
import { lettersOf, pileLine, pilesOf } from "../dead-letter-words.ts";
import { timeToken } from "../domain/report.ts";
import { counted, plain } from "../fleet-words.ts";
import { pageField, pageOf } from "../paged.ts";
import { selectAgents, who } from "../selector.ts";

const input = z.strictObject({ who, page: pageField });

const EXAMPLES = 3;

export default defineCommand({
  name: "dead-letters",
  aliases: ["dlq"],
  kind: "read",
  summary: "List what agents could not handle, by reason with counts",
  role: "viewer",
  danger: 0,
  input,
  words: ["who"],
  examples: ["dead-letters", "dlq invoices"],
  async run(raw, { ports }) {
    const { who: words, page } = input.parse(raw);
    const agents = await selectAgents(words, ports, { verb: "Look at", isChange: false });
    const [{ letters, total }, at] = await Promise.all([lettersOf(ports, agents), ports.events.read([])]);
    const piles = pilesOf(letters);
    const shown = pageOf(piles, page, { command: "dead-letters", input: { who: words } });
    const isCut = total > letters.length && words.length === 0;
    return {
      headline:
        letters.length === 0
          ? "🟢 *No dead letters*"
          : `⚠️ *${counted(letters.length, "dead letter")}* — ${letters.length === 1 ? "waits" : "wait"} for a decision`,
      context: [
        counted(piles.length, "reason"),
        ...(isCut ? [`the newest of ${total}`] : []),
        ...shown.words,
        `as of ${timeToken(at.now)}`,
      ].join(" · "),
      lines: shown.rows.map(pileLine),
      fields: [],
      actions: [...shown.actions],
      sameAs: ["same as /fleet dead-letters", ...words].join(" "),
      data: {
        ...{ at: at.now, page, pages: shown.pages, total },
        reasons: shown.rows.map(({ agent, topic, reason, letters: same }) => ({
          ...{ agent, topic, reason, count: same.length },
          newest: same.slice(0, EXAMPLES).map(({ id, attempts, body }) => ({ id, attempts, body: plain(body, 500) })),
        })),
      },
    };
  },
});
