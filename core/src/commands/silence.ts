import { z } from "zod";
import { beginSilence, firingOf, mutesWords, requireMuting, silencingOf } from "../brakes/run-silence.ts";
import { defineCommand, type ReadContext } from "../command.ts";
import { Failure } from "../domain/failure.ts";
import { listed } from "../fleet-words.ts";
import { selectAgents, who } from "../selector.ts";
import { untilField, untilMoment } from "../until-time.ts";

const input = z.strictObject({
  who,
  time: untilField.describe("It ends by itself: 30m, 4h, until 08:30"),
  text: z.string().trim().min(3).max(200).describe("Why; it stands on the card"),
});
/** What is muted for longer is forgotten, so somebody else has to agree (design section 6). */
const LONGEST_ALONE_MS = 4 * 3_600_000;
/** One after another: what is muted by one may be muted by another, and be under any other command. */
const SUBJECT = "silence";

export default defineCommand({
  name: "silence",
  aliases: [],
  kind: "act",
  summary: "Keep quiet what fires now of some agents, and nothing else; they count as they are, and it ends by itself",
  role: "operator",
  danger: 1,
  input,
  words: ["who", "time", "text"],
  examples: ["silence crm-chat 1h new token comes at 04:00", "silence @content until 08:30 nobody reads it at night"],
  reason: (raw) => input.parse(raw).text,
  async targets(raw, context) {
    const { time } = input.parse(raw);
    silencingOf(context.ports);
    untilMoment(time, clockOf(context));
    const { agents } = await meant(raw, context);
    requireMuting(context.ports);
    return agents;
  },
  subjects: () => [SUBJECT],
  async remarks(targets, { ports }) {
    const ids = targets.map(({ id }) => id);
    return [mutesWords(await firingOf(ids, ports))];
  },
  async needsSecondPerson(targets, context, raw) {
    const critical = targets.filter(({ criticality }) => criticality === "P0").map(({ id }) => id);
    if (critical.length > 0) return { rule: "mutes-p0", why: `this mutes ${listed(critical)}, which is P0` };
    const { time } = input.parse(raw);
    const clock = clockOf(context);
    if (untilMoment(time, clock) - clock.from <= LONGEST_ALONE_MS) return null;
    return { rule: "mutes-long", why: `this mutes ${time.replace(/^(?=\d)/, "for ")}, longer than 4h` };
  },
  stages: [
    {
      name: "silenced",
      async run(_, context) {
        const { operation, ports } = context;
        const { time, text, who: words } = input.parse(operation.input);
        const agents = await selectAgents(words, ports, { verb: "Silence", isChange: true });
        const ids = agents.map(({ id }) => id);
        const endsAt = untilMoment(time, { from: operation.createdAt, zone: ports.zone ?? "UTC" });
        return beginSilence({ agents: ids, endsAt, reason: operation.reason ?? text }, context);
      },
    },
  ],
});

const clockOf = ({ ports }: Pick<ReadContext, "ports">) => ({ from: ports.clock.now(), zone: ports.zone ?? "UTC" });

/** Those of the agents of which something fires. @throws Failure "conflict" if nothing does */
async function meant(raw: Record<string, unknown>, { ports }: ReadContext) {
  const { who: words, time } = input.parse(raw);
  const named = await selectAgents(words, ports, { verb: "Silence", isChange: true });
  const ids = named.map(({ id }) => id);
  const firing = new Set((await firingOf(ids, ports)).map(({ agent }) => agent));
  const agents = named.filter(({ id }) => firing.has(id));
  if (agents.length > 0) return { agents };
  const instead = `maintenance ${words.join(" ")} ${time.startsWith("until") ? "1h" : time}`;
  throw new Failure("conflict", `Nothing fires of ${listed(ids, 3)}, so there is nothing to silence`, {
    ...{ found: "nothing fires", next: `To mute in advance: ${instead}. Nothing was done.` },
  });
}
