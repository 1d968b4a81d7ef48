import { z } from "zod";
import { mutesWords, silenceWords, silencingOf } from "../brakes/run-silence.ts";
import { defineCommand } from "../command.ts";
import { timeToken } from "../domain/report.ts";
import { counted, plain } from "../fleet-words.ts";

/** Of more nobody reads the lines. */
const MOST_LINES = 10;

export default defineCommand({
  name: "silences",
  aliases: [],
  kind: "read",
  summary: "Show what is silenced, by whom, until when and why",
  role: "viewer",
  danger: 0,
  input: z.strictObject({}),
  words: [],
  examples: ["silences"],
  async run(_, { ports }) {
    const silences = await silencingOf(ports).open();
    const lines = silences.map((silence) => {
      const { asker, startedAt, reason, mutes } = silence;
      const who = `by ${plain(asker.name, 60)} since ${timeToken(startedAt)}`;
      return `${silenceWords(silence)} · ${who}: ${plain(reason, 200)} · ${mutesWords(mutes)}`;
    });
    const more = lines.length > MOST_LINES ? [`and ${lines.length - MOST_LINES} more`] : [];
    return {
      headline: silences.length === 0 ? "Nothing is silenced" : `🔕 *${counted(silences.length, "silence")}*`,
      context: null,
      lines: [...lines.slice(0, MOST_LINES), ...more],
      ...{ fields: [], actions: [], sameAs: "same as /fleet silences" },
      data: { silences },
    };
  },
});
