import { z } from "zod";
import { openWindow } from "../brakes/run-maintenance.ts";
import { defineCommand } from "../command.ts";
import { listed } from "../fleet-words.ts";
import { selectAgents, who } from "../selector.ts";
import { spanField, spanMillis } from "../time-span.ts";

const input = z.strictObject({ who, time: spanField.describe("After this time it ends by itself: 45m, 2h") });
/** What is muted for longer is forgotten, so somebody else has to agree (design section 6). */
const LONGEST_ALONE = "4h";
const LONGEST = "24h";
/** Window by window: what is in one may be in another, and under any other command. */
const SUBJECT = "maintenance";

export default defineCommand({
  name: "maintenance",
  aliases: ["mw"],
  kind: "act",
  summary: "Mute the alerts of agents that somebody works on; they count as off on purpose, and it ends by itself",
  role: "operator",
  danger: 1,
  input,
  words: ["who", "time"],
  examples: ["maintenance archive-writer 45m", 'maintenance @content 2h --reason "new image model"'],
  async targets(raw, { ports }) {
    const { who: words, time } = input.parse(raw);
    spanMillis(time, LONGEST);
    return selectAgents(words, ports, { verb: "Mute", isChange: true });
  },
  subjects: () => [SUBJECT],
  async needsSecondPerson(targets, _context, raw) {
    const critical = targets.filter(({ criticality }) => criticality === "P0").map(({ id }) => id);
    if (critical.length > 0) return { rule: "mutes-p0", why: `this mutes ${listed(critical)}, which is P0` };
    const { time } = input.parse(raw);
    if (spanMillis(time, LONGEST) <= spanMillis(LONGEST_ALONE, LONGEST)) return null;
    return { rule: "mutes-long", why: `this mutes for ${time}, longer than ${LONGEST_ALONE}` };
  },
  stages: [
    {
      name: "muted",
      async run(_, context) {
        const { who: words, time } = input.parse(context.operation.input);
        const agents = await selectAgents(words, context.ports, { verb: "Mute", isChange: true });
        return openWindow(
          agents.map(({ id }) => id),
          spanMillis(time, LONGEST),
          context,
        );
      },
    },
  ],
});
